import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Duration } from "../../lib/core/duration";
import { Size } from "../../lib/core/size";
import { AwsTieredBucket } from "../../lib/storage/aws-tiered-bucket";
import type { AwsTieredBucketProps } from "../../lib/storage/aws-tiered-bucket-props";
import { Tier } from "../../lib/storage/tier";
import { startAwsStandIn, type AwsStandIn } from "../support/aws-stand-in";
import { scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { terraform, type TerraformResult } from "../support/terraform";
import { unwrapped } from "../support/unwrapped";

// The AWS provider waits 55 seconds after each change of lifecycle rules, against the real S3 as well: one stack holds
// every shape of rule, and there are two applies.
const APPLY = 150_000;

requires(
  "terraform",
  "aws_provider",
  "moto_server",
)("a tiered bucket, with the real AWS provider", () => {
  let aws: AwsStandIn;
  let outdir: string;

  beforeAll(async () => {
    aws = await startAwsStandIn();
    outdir = scratchDirectory("storage");
  }, 60_000);

  afterAll(async () => {
    await aws?.stop();
    rmSync(outdir, { recursive: true, force: true });
  });

  function synthesize(props: Partial<AwsTieredBucketProps>): void {
    const app = new App({ outdir });
    const stack = new TerraformStack(app, "storage");
    // The default is a state file in the current directory.
    new LocalBackend(stack, { path: join(outdir, "terraform.tfstate") });
    new AwsProvider(stack, "aws", { region: "us-east-1" });
    new AwsTieredBucket(stack, "files", { bucketName: "app-ef-files", ...props });
    app.synth();
  }

  async function run(...args: string[]): Promise<TerraformResult> {
    return terraform(join(outdir, "stacks", "storage"), args, { environment: aws.environment });
  }

  const bucket = (coldTier: Tier): Partial<AwsTieredBucketProps> => ({
    lifecycleRules: [
      {
        id: "archive-old-projects",
        prefix: "data/projects/",
        transitions: [
          { tier: Tier.infrequentAccess, after: Duration.days(90) },
          { tier: coldTier, after: Duration.days(180) },
        ],
        allowRetrievalDelay: "for the test",
      },
      { id: "tier-files", prefix: "data/files/", transitions: [{ tier: Tier.intelligent, after: Duration.days(0) }] },
      { id: "forget-old-versions", expireNoncurrentVersionsAfter: Duration.days(30) },
      { id: "logs", objectTags: { kind: "log" }, expireAfter: Duration.days(14) },
      {
        id: "large-exports",
        prefix: "exports/",
        objectTags: { kind: "export" },
        objectSizeGreaterThan: Size.mebibytes(100),
        expireAfter: Duration.days(7),
      },
    ],
    intelligentTiering: {
      name: "app-ef-tiering",
      prefix: "data/files/",
      archiveAfter: Duration.days(180),
      allowRetrievalDelay: "for the test",
    },
  });

  test(
    "is applied, and a second plan is empty",
    async () => {
      // given
      synthesize(bucket(Tier.archive));
      expect(await run("init")).toMatchObject({ exitCode: 0 });

      // when
      const applied = await run("apply", "-auto-approve");

      // then
      expect(applied).toMatchObject({ exitCode: 0, stderr: "" });
      expect(await run("plan", "-detailed-exitcode")).toMatchObject({ exitCode: 0 });
    },
    APPLY,
  );

  test(
    "another tier is an update in place of the lifecycle rules alone",
    async () => {
      // given
      synthesize(bucket(Tier.instantArchive));

      // when
      const applied = await run("apply", "-auto-approve");

      // then
      expect(unwrapped(applied.stdout)).toContain("0 added, 1 changed, 0 destroyed");
      expect(applied.stdout).toMatch(/\+ storage_class += "GLACIER_IR"/);
      expect(await run("plan", "-detailed-exitcode")).toMatchObject({ exitCode: 0 });
    },
    APPLY,
  );

  test(
    "is not destroyed without a reason, and is with one",
    async () => {
      // when
      const refused = await run("destroy", "-auto-approve");

      // then
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain("lifecycle.prevent_destroy");
      expect(await run("plan", "-detailed-exitcode")).toMatchObject({ exitCode: 0 });

      // when
      synthesize({ ...bucket(Tier.instantArchive), allowDestroy: "the test is over" });
      const destroyed = await run("destroy", "-auto-approve");

      // then
      expect(destroyed).toMatchObject({ exitCode: 0 });
    },
    APPLY,
  );
});
