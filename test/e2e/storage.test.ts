import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { App, LocalBackend, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { Duration } from "../../lib/core/duration";
import { Size } from "../../lib/core/size";
import { TieredBucket } from "../../lib/aws/storage/tiered-bucket";
import type { TieredBucketProps } from "../../lib/aws/storage/tiered-bucket-props";
import { Tier } from "../../lib/storage/tier";
import { startAwsStandIn, type AwsStandIn } from "../../lib/testing/aws/stand-in";
import { runCli } from "../cli/run-cli";
import { repositoryRoot, scratchDirectory } from "../support/repository";
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

  function synthesize(props: Partial<TieredBucketProps>): void {
    const app = new App({ outdir });
    const stack = new TerraformStack(app, "storage");
    // The default is a state file in the current directory.
    new LocalBackend(stack, { path: join(outdir, "terraform.tfstate") });
    new AwsProvider(stack, "aws", { region: "us-east-1" });
    new TieredBucket(stack, "files", { bucketName: "app-ef-files", ...props });
    app.synth();
  }

  async function run(...args: string[]): Promise<TerraformResult> {
    return terraform(join(outdir, "stacks", "storage"), args, { environment: aws.environment });
  }

  const bucket = (coldTier: Tier): Partial<TieredBucketProps> => ({
    lifecycleRules: [
      {
        id: "archive-old-projects",
        prefix: "data/projects/",
        transitions: [
          { tier: Tier.infrequentAccess, after: Duration.days(90) },
          { tier: coldTier, after: Duration.days(180) },
        ],
        acknowledge: { RetrievalDelayNotAccepted: "for the test" },
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
      acknowledge: { RetrievalDelayNotAccepted: "for the test" },
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
      synthesize({ ...bucket(Tier.instantArchive), acknowledge: { DestroyWithoutReason: "the test is over" } });
      const destroyed = await run("destroy", "-auto-approve");

      // then
      expect(destroyed).toMatchObject({ exitCode: 0 });
    },
    APPLY,
  );

  test(
    "made by hand is adopted, and its rules stay as they were",
    async () => {
      // given
      const client = new S3Client({ endpoint: aws.endpoint, forcePathStyle: true, region: "us-east-1", credentials });
      await client.send(new CreateBucketCommand({ Bucket: "made-by-hand" }));
      await client.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket: "made-by-hand",
          LifecycleConfiguration: {
            Rules: [
              {
                ID: "by hand",
                Status: "Enabled",
                Filter: { Prefix: "old/" },
                Transitions: [{ Days: 45, StorageClass: "GLACIER" }],
                Expiration: { Days: 300 },
              },
              {
                ID: "uploads",
                Status: "Disabled",
                Filter: { Prefix: "" },
                AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
              },
            ],
          },
        }),
      );
      const rules = async () =>
        (await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: "made-by-hand" }))).Rules;
      const before = await rules();

      // when
      const adopted = await runCli(outdir, ["adopt", "bucket", "made-by-hand", "--json"], aws.environment);

      // then
      expect(adopted).toMatchObject({ status: 0 });
      const { source, functionName } = adopted.json<{ source: string; functionName: string }>();
      expect(functionName).toBe("madeByHand");

      // when
      const app = new App({ outdir: join(outdir, "adopted") });
      const stack = new TerraformStack(app, "adopted");
      new LocalBackend(stack, { path: join(outdir, "adopted.tfstate") });
      new AwsProvider(stack, "aws", { region: "us-east-1" });
      (await declarationIn(source, functionName))(stack);
      app.synth();
      const directory = join(outdir, "adopted", "stacks", "adopted");
      const options = { environment: aws.environment };
      expect(await terraform(directory, ["init"], options)).toMatchObject({ exitCode: 0 });
      const applied = await terraform(directory, ["apply", "-auto-approve"], options);

      // then
      expect(applied).toMatchObject({ exitCode: 0 });
      expect(applied.stdout).toMatch(/aws_s3_bucket_lifecycle_configuration\.[\w-]+: Import complete/);
      expect(applied.stdout).not.toMatch(/aws_s3_bucket_lifecycle_configuration\.[\w-]+: Modifying/);
      expect(await rules()).toEqual(before);
      expect(await terraform(directory, ["plan", "-detailed-exitcode"], options)).toMatchObject({ exitCode: 0 });
    },
    APPLY,
  );
});

const credentials = { accessKeyId: "test", secretAccessKey: "test" };

/** Runs a module that the command line wrote, with this checkout as the package that it imports. */
async function declarationIn(source: string, functionName: string): Promise<(scope: Construct) => TieredBucket> {
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS } });
  const directory = scratchDirectory("storage-adopted");
  const file = join(directory, "declaration.js");
  writeFileSync(
    file,
    outputText.replace(
      /require\("sterna(\/aws)?"\)/g,
      (_, entryPoint = "") => `require(${JSON.stringify(join(repositoryRoot, `lib${entryPoint}/index`))})`,
    ),
  );
  try {
    return ((await import(file)) as Record<string, (scope: Construct) => TieredBucket>)[functionName]!;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
