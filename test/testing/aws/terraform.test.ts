import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchDirectory } from "../../support/repository";
import { requires } from "../../support/requirements";
import { synthesize } from "../../support/synth";
import { terraform } from "../../support/terraform";
import { startAwsStandIn, type AwsStandIn } from "../../../lib/testing/aws/stand-in";

const bucket = "${aws_s3_bucket.nests.id}";

const CONFIGURATION = {
  terraform: { required_providers: { aws: { source: "hashicorp/aws" } } },
  resource: {
    aws_s3_bucket: { nests: { bucket: "tern-nests", tags: { colony: "north" } } },
    aws_s3_bucket_versioning: { nests: { bucket, versioning_configuration: { status: "Enabled" } } },
    aws_s3_bucket_intelligent_tiering_configuration: {
      nests: { bucket, name: "cold", tiering: [{ access_tier: "ARCHIVE_ACCESS", days: 125 }] },
    },
    aws_s3_bucket_metric: { nests: { bucket, name: "all" } },
    aws_s3_bucket_analytics_configuration: { nests: { bucket, name: "all" } },
    aws_s3_bucket_notification: { nests: { bucket, eventbridge: true } },
    // Its lifecycle, which takes the provider 55 s by design, is left to the end-to-end test of the tiered bucket.
  },
};

requires(
  "terraform",
  "aws_provider",
  "moto_server",
)("Terraform's AWS provider on the stand-in", () => {
  let aws: AwsStandIn;
  let directory: string;
  const run = (...args: string[]) => terraform(directory, args);

  beforeAll(async () => {
    aws = await startAwsStandIn();
    directory = scratchDirectory("stand-in");
    // The arguments of the provider are enough for one stack; the environment is for everything else.
    const { provider } = synthesize((stack) => void new AwsProvider(stack, "aws", aws.provider));
    writeFileSync(join(directory, "main.tf.json"), JSON.stringify({ ...CONFIGURATION, provider }));
  }, 120_000);

  afterAll(async () => {
    await aws.stop();
    rmSync(directory, { recursive: true });
  });

  test("applies, plans nothing more, and destroys", async () => {
    expect(await run("init")).toMatchObject({ exitCode: 0 });
    expect(await run("apply", "-auto-approve")).toMatchObject({ exitCode: 0, stderr: "" });
    const again = await run("plan", "-detailed-exitcode");
    expect(again.stdout).toContain("No changes.");
    expect(again.exitCode).toBe(0);
    expect(await run("destroy", "-auto-approve")).toMatchObject({ exitCode: 0, stderr: "" });
    expect(aws.calls().filter(({ op }) => op === "DeleteBucket")).toEqual([
      { service: "s3", op: "DeleteBucket", status: 204, faulted: false },
    ]);
  }, 180_000);

  test("reports an injected refusal at once, and leaves what was made before", async () => {
    // GIVEN
    await aws.reset();
    aws.faults.add({ service: "s3", op: "PutBucketVersioning", status: 403, code: "AccessDenied", message: "denied" });
    // WHEN
    const applied = await run("apply", "-auto-approve");
    // THEN
    expect(applied.exitCode).toBe(1);
    expect(applied.stderr).toContain("AccessDenied: denied");
    expect((await run("state", "list")).stdout).toContain("aws_s3_bucket.nests");
  }, 180_000);
});
