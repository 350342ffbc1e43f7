import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { AssertionError } from "node:assert";
import { Migration, SecretReference, SqlStep } from "../../lib/index";
import { expectResource, expectStep, matchers } from "../../lib/testing/matchers";
import { temporaryDirectory, TestApp } from "../support/system-stack";

declare module "expect" {
  interface Matchers<R> {
    toHaveStep(id: string, expected?: object): R;
    toHaveResource(type: string, expected?: object): R;
  }
}
expect.extend(matchers);

const scratch = temporaryDirectory();

function makeStack() {
  const stack = new TestApp(scratch).stack();
  new AwsProvider(stack, "aws", { region: "eu-central-1" });
  for (const bucket of ["files", "copies"]) {
    new S3Bucket(stack, bucket, { bucket, tags: { team: "ef", use: bucket } });
  }
  new Migration(stack, "to-1", {
    from: "0.1.0",
    to: "1.0.0",
    acknowledge: { MigrationWithoutBackup: "a test" },
    steps: (migration) => {
      new SqlStep(migration, "create-orders", {
        database: SecretReference.environment("SHOP_DATABASE_URL"),
        phase: "expand",
        up: "create table orders (id int)",
        down: "drop table orders",
        verify: [{ query: "select to_regclass('orders') is not null", expected: true }],
      });
    },
  });
  return stack;
}

/** What an assertion throws. */
function failureOf(assertion: () => unknown): AssertionError {
  try {
    assertion();
  } catch (error) {
    if (error instanceof AssertionError) return error;
    throw error;
  }
  throw new Error("it was expected to fail");
}

describe("a stack under test", () => {
  const stack = makeStack();

  test("has its steps, with the attributes that the test names", () => {
    expect(stack).toHaveStep("create-orders");
    expect(stack).toHaveStep("create-orders", { phase: "expand", release: "1.0.0", kind: "sql" });
    expect(stack).toHaveStep("create-orders", { program: { up: /table orders/, database: expect.any(Object) } });
    expect(stack).not.toHaveStep("drop-orders");
    expect(stack).not.toHaveStep("create-orders", { phase: "contract" });
    expect(expectStep(stack, "create-orders", { program: { up: /orders/ } }).kind).toBe("sql");
  });

  test("has its resources: one of the type has to match", () => {
    expect(stack).toHaveResource("aws_s3_bucket");
    expect(stack).toHaveResource("aws_s3_bucket", { bucket: "copies", tags: { team: "ef" } });
    expect(stack).not.toHaveResource("aws_s3_bucket", { bucket: "copies", tags: { use: "files" } });
    expect(stack).not.toHaveResource("aws_sqs_queue");
    expect(expectResource(stack, "aws_s3_bucket", { bucket: /^cop/ })["bucket"]).toBe("copies");
  });

  test("says what it has instead", () => {
    expect(failureOf(() => expectStep(stack, "drop-orders")).message).toBe(
      'the stack should have a step "drop-orders": there are create-orders',
    );
    const phase = failureOf(() => expectStep(stack, "create-orders", { phase: "contract" }));
    expect(phase).toMatchObject({ actual: { phase: "expand" }, expected: { phase: "contract" } });
    expect(phase.message).toMatch(/not with .*"contract".*it has .*"expand"/s);
    expect(failureOf(() => expectResource(stack, "aws_sqs_queue")).message).toContain("aws_s3_bucket");
    const { pass, message } = matchers.toHaveResource(stack, "aws_s3_bucket", { bucket: "files" });
    expect([pass, message()]).toEqual([true, "the stack should have no such resource aws_s3_bucket"]);
  });
});
