import { describe, expect, test } from "@jest/globals";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import {
  CommandStep,
  DocumentsStep,
  Duration,
  EnvFileStep,
  EnvironmentChain,
  Migration,
  SecretReference,
  type Step,
  type SystemStack,
  variable,
} from "../../lib/index";
import { canonicalJson } from "../../lib/manifest/checksum";
import { program } from "../support/program";
import { errorOf, programOf, stepsOf, temporaryDirectory, TestApp } from "../support/system-stack";

const directory = temporaryDirectory();
const chain = new EnvironmentChain([
  { name: "development", variables: { shop: { BUCKET: "shop-dev", DATA: "/srv/dev", UNUSED: "x" } } },
  { name: "staging", variables: { shop: { BUCKET: "shop-staging", DATA: "/srv/${staging}" } } },
]);

function stackWith(
  makeStep: (migration: Migration, stack: SystemStack) => Step,
  environment = "development",
): SystemStack {
  const stack = new TestApp(directory).stack({ environment: chain.get(environment) });
  new Migration(stack, "first", {
    from: "0.1.0",
    to: "1.0.0",
    acknowledge: { MigrationWithoutBackup: "-" },
    steps: (m) => {
      makeStep(m, stack);
    },
  });
  return stack;
}

const TABLE = { database: SecretReference.environment("URL"), table: "t", key: "id" };
const upload = (m: Migration) =>
  new DocumentsStep(m, "upload", { ...TABLE, directory: variable("DATA"), database: variable("BUCKET") });
const command = (m: Migration, environment: Record<string, ReturnType<typeof variable> | string>, up = "true") =>
  new CommandStep(m, "run", {
    up,
    down: "true",
    verify: [{ query: "echo 1", expected: 1 }],
    environmentVariables: environment,
  });

describe("variables", () => {
  test("a step gets exactly the variables that its program uses", () => {
    expect(stepsOf(stackWith(upload)).upload!.variables).toEqual({ BUCKET: "shop-dev", DATA: "/srv/dev" });
  });

  test("two environments run the same program with other values", () => {
    // GIVEN
    const [development, staging] = [stackWith(upload), stackWith(upload, "staging")];
    // THEN
    expect(stepsOf(staging).upload!.program).toBe(stepsOf(development).upload!.program);
    expect(stepsOf(staging).upload!.variables).toEqual({ BUCKET: "shop-staging", DATA: "/srv/$${staging}" });
  });

  test("a variable that the environment does not have is named, with what to write where", () => {
    expect(errorOf(() => stackWith((m) => command(m, { X: variable("BUKCET") })))).toEqual({
      code: "UnknownVariable",
      message:
        'the environment development has no variable "BUKCET" for shop, it has BUCKET, DATA, UNUSED; add ' +
        '"variables": { "shop": { "BUKCET": "<value>" } } to development in environments.json [at shop-development/first/run]',
    });
  });
});

describe("values that only Terraform knows", () => {
  test("become variables, so that the program stays the same everywhere", () => {
    // WHEN
    const stack = stackWith((m, scope) => {
      const bucket = new S3Bucket(scope, "bucket", {});
      return new DocumentsStep(m, "upload", { ...TABLE, directory: bucket.bucket });
    });
    // THEN
    expect(programOf(stack, "upload").directory).toEqual({ variable: "directory" });
    expect(stepsOf(stack).upload!.variables).toEqual({ directory: "${aws_s3_bucket.bucket.bucket}" });
  });

  test("are found inside of a text, at any depth", () => {
    // WHEN
    const stack = stackWith((m, scope) =>
      command(m, { TARGET: `s3://${new S3Bucket(scope, "bucket", {}).bucket}/data` }),
    );
    // THEN
    expect(programOf(stack, "run").environment).toEqual({ TARGET: { variable: "environment.TARGET" } });
    expect(stepsOf(stack).run!.variables).toEqual({ "environment.TARGET": "s3://${aws_s3_bucket.bucket.bucket}/data" });
  });

  test("are refused in a script, which people must be able to review", () => {
    expect(
      errorOf(() => stackWith((m, scope) => command(m, {}, `echo ${new S3Bucket(scope, "bucket", {}).bucket}`))),
    ).toMatchObject({ code: "UnresolvedInProgram", message: expect.stringMatching(/^up must be known at synth/) });
  });
});

describe("programs", () => {
  test("are canonical JSON that the engine reads, with every default written out", () => {
    // GIVEN
    const stack = stackWith(upload);
    // THEN
    const template = stepsOf(stack).upload!.program as string;
    expect(template).toBe(canonicalJson(program.parse(JSON.parse(template))));
    expect(programOf(stack, "upload")).toEqual({
      kind: "documents",
      directory: { variable: "DATA" },
      suffix: ".json",
      database: { variable: "BUCKET" },
      table: "t",
      key: "id",
    });
  });

  test("keep the text of a script, whatever Terraform would make of it", () => {
    // GIVEN
    const script = "echo \"${HOME} %{if} $$ $${x} \\ \n\t'é'\"";
    // THEN
    expect(
      programOf(
        stackWith((m) => command(m, {}, script)),
        "run",
      ).up,
    ).toBe(script);
  });

  test("that do not match their kind are refused with the place", () => {
    expect(
      errorOf(() => stackWith((m) => new DocumentsStep(m, "upload", { ...TABLE, directory: "/a", table: "no table" }))),
    ).toMatchObject({
      code: "InvalidStep",
      message: expect.stringMatching(/table: .*\[at shop-development\/first\/upload\]$/s),
    });
  });

  test.each([
    [
      "an environment of a script",
      (m: Migration) => command(m, { URL: "postgresql://u:hunter2@db/x" }),
      "environment.URL",
    ],
    ["a script", (m: Migration) => command(m, {}, "psql -v ON_ERROR_STOP=1 postgresql://u:hunter2@db/x"), "up"],
    [
      "an env file",
      (m: Migration) =>
        new EnvFileStep(m, "env", {
          from: ".env",
          to: ".env.v1",
          set: { DATABASE_URL: "postgresql://u:hunter2@db/x" },
        }),
      "set.DATABASE_URL",
    ],
  ])("with a password in a URL in %s are refused without repeating it", (_what, makeStep, place) => {
    // WHEN
    const error = errorOf(() => stackWith(makeStep));
    // THEN
    expect(error.code).toBe("LiteralPassword");
    expect(error.message).toMatch(new RegExp(`^${place} is a URL with a password.*SecretReference`));
    expect(error.message).not.toContain("hunter2");
  });

  test("name secrets, and no value of the environment of this process", () => {
    // GIVEN
    process.env.SHOP_SECRET = "canary-value";
    const secret = SecretReference.environment("SHOP_SECRET");
    // WHEN
    const stack = stackWith((m) => new EnvFileStep(m, "env", { from: ".env", to: ".env.v1", set: { KEY: secret } }));
    // THEN
    expect(programOf(stack, "env").set).toEqual({ KEY: { env: "SHOP_SECRET" } });
    expect(JSON.stringify(stepsOf(stack))).not.toContain("canary-value");
    delete process.env.SHOP_SECRET;
  });
});

test("options of a step become arguments of the resource", () => {
  // GIVEN
  const stack = stackWith(
    (m) =>
      new DocumentsStep(m, "upload", {
        ...TABLE,
        directory: "/a",
        irreversible: "the old system reads them",
        onRetry: "compensate",
        onDestroy: "refuse",
        timeout: Duration.minutes(5),
      }),
  );
  // THEN
  expect(stepsOf(stack).upload).toMatchObject({
    irreversible: "the old system reads them",
    on_retry: "compensate",
    on_destroy: "refuse",
    timeout: 300,
  });
});

test("a step in a later environment must be proved by the ledger of the one before", () => {
  // GIVEN
  const [development, staging] = [stackWith(upload), stackWith(upload, "staging")];
  // THEN
  expect(stepsOf(development).upload!.proof).toBeUndefined();
  expect(JSON.parse(stepsOf(staging).upload!.proof)).toMatchObject({
    environment: "development",
    ledger: { kind: "file" },
  });
});

test.each(["Create", "1st", "create_schema", "a".repeat(64)])("a step cannot be called %p", (id) => {
  expect(errorOf(() => stackWith((m) => new DocumentsStep(m, id, { ...TABLE, directory: "/a" }))).code).toBe(
    "InvalidIdentifier",
  );
});

test("an empty reason is none", () => {
  expect(
    errorOf(() => stackWith((m) => new DocumentsStep(m, "upload", { ...TABLE, directory: "/a", irreversible: " " })))
      .code,
  ).toBe("StepNotReversible");
});
