import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { TieredBucket } from "../../lib/aws/storage/tiered-bucket";
import type { TieredBucketProps } from "../../lib/aws/storage/tiered-bucket-props";
import { Duration } from "../../lib/core/duration";
import { Tier } from "../../lib/storage/tier";
import { startAwsStandIn, type AwsStandIn } from "../../lib/testing/aws/stand-in";
import { scratchDirectory } from "../support/repository";
import { requires } from "../support/requirements";
import { terraform, type TerraformResult } from "../support/terraform";
import { isFull } from "../support/sample";

const days = (amount: number) => Duration.days(amount);
const KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const LOCK = { mode: "governance", defaultRetention: days(1) } as const;
const TIERING = { acknowledge: { RetrievalDelayNotAccepted: "the test" }, uploadedBy: "the test" };
const QUEUE = {
  service: "sqs" as const,
  targetArn: "arn:aws:sqs:us-east-1:123456789012:uploads",
  events: ["s3:ObjectCreated:*" as const],
};
// moto answers with a filter and delete markers of its own, so the changes are of the other settings.
const copies = (more: object = {}) => ({
  replicationRules: [{ id: "copy", destinationBucketArn: "arn:aws:s3:::change-target", ...more }],
});

type Change = readonly [before: Partial<TieredBucketProps>, after: Partial<TieredBucketProps>];

/** One option of one bucket each, before and after: all of them are applied. */
const APPLIED: Readonly<Record<string, Change>> = {
  tags: [{ tags: { team: "ef" } }, { tags: { team: "argus" } }],
  versioned: [{}, { versioned: false }],
  encryption: [{}, { kmsKeyArn: KEY }],
  unencrypted: [{ kmsKeyArn: KEY }, {}],
  "lifecycle-added": [{}, { lifecycleRules: [{ id: "a", expireAfter: days(1) }] }],
  "lifecycle-changed": [
    { lifecycleRules: [{ id: "a", expireAfter: days(1) }] },
    { lifecycleRules: [{ id: "b", transitions: [{ tier: Tier.infrequentAccess, after: days(30) }] }] },
  ],
  "lifecycle-removed": [{ lifecycleRules: [{ id: "a", expireAfter: days(1) }] }, {}],
  uploads: [{ abortIncompleteUploadsAfter: days(7) }, { abortIncompleteUploadsAfter: days(3) }],
  "small-objects": [
    { lifecycleRules: [{ id: "a", expireAfter: days(1) }] },
    {
      lifecycleRules: [{ id: "a", expireAfter: days(1) }],
      transitionDefaultMinimumObjectSize: "varies_by_storage_class",
    },
  ],
  "tiering-added": [{}, { intelligentTiering: { archiveAfter: days(90), ...TIERING } }],
  "tiering-renamed": [
    { intelligentTiering: { archiveAfter: days(90), ...TIERING } },
    { intelligentTiering: { name: "other", archiveAfter: days(90), ...TIERING } },
  ],
  "lock-retention": [{ objectLock: LOCK }, { objectLock: { ...LOCK, defaultRetention: days(2) } }],
  "replication-added": [{}, copies()],
  "replication-changed": [copies(), copies({ id: "other", destinationTier: Tier.instantArchive })],
  "replication-removed": [copies(), {}],
  inventory: [
    {},
    { inventories: [{ id: "all", destinationBucketArn: "arn:aws:s3:::change-target", frequency: "Daily" }] },
  ],
  notifications: [{}, { notifications: [QUEUE] }],
  "notifications-changed": [{ notifications: [QUEUE] }, { notifications: [{ ...QUEUE, prefix: "data/" }] }],
  "event-bridge": [{}, { eventBridge: true }],
  cors: [{}, { corsRules: [{ allowedOrigins: ["*"], allowedMethods: ["GET"] }] }],
  policy: [
    {},
    {
      policyStatements: [
        {
          Sid: "Read",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::123456789012:root" },
          Action: "s3:GetObject",
          Resource: "arn:aws:s3:::change-policy/*",
        },
      ],
    },
  ],
  read: [{}, { readAtOnce: ["data/"] }],
  destroyable: [{}, { acknowledge: { DestroyWithoutReason: "the test" }, forceDestroy: true }],
  ownership: [{}, { transform: { ownership: { rule: { objectOwnership: "BucketOwnerPreferred" } } } }],
};

/** Without lifecycle rules: the provider waits for a minute after each change of those. */
const SAMPLE = ["lock-retention", "destroyable", "ownership", "replication-changed"];

/** Changes that replace the bucket, which `prevent_destroy` refuses. */
const REFUSED: Readonly<Record<string, Change>> = {
  name: [{}, { bucketName: "change-renamed" }],
  "lock-added": [{}, { objectLock: LOCK }],
};

/** Terraform takes minutes for all of them on a small machine. */
const CHOSEN = Object.keys(APPLIED).filter((name) => isFull || SAMPLE.includes(name));

const BUCKETS = Object.entries({ ...APPLIED, ...REFUSED }).filter(([name]) => CHOSEN.includes(name) || name in REFUSED);

requires(
  "terraform",
  "aws_provider",
  "moto_server",
)("a change of one option after an apply", () => {
  let aws: AwsStandIn;
  let outdir: string;

  beforeAll(async () => {
    aws = await startAwsStandIn();
    outdir = scratchDirectory("bucket-changes");
  }, 60_000);

  afterAll(async () => {
    await aws?.stop();
    rmSync(outdir, { recursive: true, force: true });
  });

  /** All buckets in one stack, so that the provider waits for their lifecycle rules at the same time. */
  function synthesize(changed: readonly string[]): void {
    const app = new App({ outdir });
    const stack = new TerraformStack(app, "changes");
    new LocalBackend(stack, { path: join(outdir, "terraform.tfstate") });
    new AwsProvider(stack, "aws", { region: "us-east-1" });
    const { accountId } = new DataAwsCallerIdentity(stack, "account");
    const role = new IamRole(stack, "role", {
      name: "app",
      assumeRolePolicy: JSON.stringify({
        Version: "2012-10-17",
        Statement: [{ Effect: "Allow", Principal: { AWS: accountId }, Action: "sts:AssumeRole" }],
      }),
    });
    new TieredBucket(stack, "target", { bucketName: "change-target", abortIncompleteUploadsAfter: "never" });
    for (const [name, [before, after]] of BUCKETS) {
      const isChanged = changed.includes(name);
      const props = isChanged ? after : before;
      const bucket = new TieredBucket(stack, name, {
        bucketName: `change-${name}`,
        abortIncompleteUploadsAfter: "never",
        ...props,
      });
      if (name === "tags") bucket.grantRead("app", role.name, isChanged ? "data/" : undefined);
    }
    app.synth();
  }

  const run = async (...args: string[]): Promise<TerraformResult> =>
    terraform(join(outdir, "stacks", "changes"), args, { environment: aws.environment });
  const apply = () => run("apply", "-auto-approve", "-parallelism=30");

  test("is applied, whatever the option, and a second plan is empty", async () => {
    // given
    synthesize([]);
    expect(await run("init")).toMatchObject({ exitCode: 0 });
    expect(await apply()).toMatchObject({ exitCode: 0, stderr: "" });

    // when
    synthesize(CHOSEN);
    const applied = await apply();

    // then
    expect(applied).toMatchObject({ exitCode: 0, stderr: "" });
    const replaced = [...applied.stdout.matchAll(/# (\S+) must be replaced/g)].map(([, address]) => address);
    expect(replaced.map((address) => address!.replace(/_[0-9A-F]{8}$/, ""))).toEqual(
      CHOSEN.includes("tiering-renamed")
        ? ["aws_s3_bucket_intelligent_tiering_configuration.tiering-renamed_IntelligentTiering"]
        : [],
    );
    const planned = await run("plan", "-detailed-exitcode");
    expect([...planned.stdout.matchAll(/# \S+ (?:will|must) be.*|[~+-] \S+ += .*/g)].map(([line]) => line)).toEqual([]);
    expect(planned.exitCode).toBe(0);
  }, 400_000);

  test.each(Object.keys(REFUSED))(
    "%s, which would replace the bucket, is refused before anything happens",
    async (name) => {
      // given
      synthesize([...CHOSEN, name]);

      // when
      const planned = await run("plan", "-refresh=false");

      // then
      expect(planned.exitCode).toBe(1);
      expect(planned.stderr).toContain("lifecycle.prevent_destroy");
    },
    60_000,
  );
});
