import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { App, TerraformStack } from "cdktf";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TieredBucket } from "../../../lib/aws/storage/tiered-bucket";
import type { TieredBucketProps } from "../../../lib/aws/storage/tiered-bucket-props";
import { Duration } from "../../../lib/core/duration";
import { Tier } from "../../../lib/storage/tier";
import { onlyResource, synthesize, type SynthesizedStack } from "../../support/synth";

const KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234";
const OTHER_KEY = "arn:aws:kms:eu-central-1:111122223333:key/5678";
const REPLICA_KEY = "arn:aws:kms:eu-west-1:111122223333:key/9abc";
const COPY = "arn:aws:s3:::app-ef-copy";
const LOCK = { mode: "governance", defaultRetention: Duration.days(30) } as const;

function synthesizeBucket(props: Partial<TieredBucketProps>): SynthesizedStack {
  return synthesize((stack) => {
    new AwsProvider(stack, "aws", { region: "eu-central-1" });
    new TieredBucket(stack, "files", { bucketName: "app-ef-files", ...props });
  });
}

function actionsOn(stack: SynthesizedStack, resource: RegExp): string[] {
  const { policy } = onlyResource(stack, "aws_iam_role_policy") as { policy: string };
  const { Statement } = JSON.parse(policy) as { Statement: { Action: string[]; Resource: string | string[] }[] };
  return Statement.filter(({ Resource }) => [Resource].flat().some((one) => resource.test(one))).flatMap(
    ({ Action }) => Action,
  );
}

type Rule = Record<string, Record<string, unknown> | undefined>;
const replicationRules = (stack: SynthesizedStack) =>
  onlyResource(stack, "aws_s3_bucket_replication_configuration").rule as Rule[];

describe("replication", () => {
  test("of a locked bucket may read the retention and the legal hold of each version", () => {
    // when
    const stack = synthesizeBucket({
      objectLock: LOCK,
      replicationRules: [{ id: "copy", destinationBucketArn: COPY }],
    });

    // then
    expect(actionsOn(stack, /\.arn\}\/\*$/)).toEqual(
      expect.arrayContaining(["s3:GetObjectRetention", "s3:GetObjectLegalHold"]),
    );
  });

  test("with a key for the copies selects encrypted objects, also of a bucket with SSE-S3", () => {
    // when
    const stack = synthesizeBucket({
      replicationRules: [{ id: "copy", destinationBucketArn: COPY, destinationKmsKeyArn: REPLICA_KEY }],
    });

    // then
    const [rule] = replicationRules(stack);
    expect(rule!.source_selection_criteria).toEqual({ sse_kms_encrypted_objects: { status: "Enabled" } });
    expect(actionsOn(stack, /:kms:/)).toEqual(["kms:Encrypt"]);
  });

  test("takes a rule for encrypted objects and one for the others, and decrypts with every key named", () => {
    // when
    const stack = synthesizeBucket({
      kmsKeyArn: KEY,
      replicationRules: [
        {
          id: "encrypted",
          prefix: "secret/",
          destinationBucketArn: COPY,
          destinationKmsKeyArn: REPLICA_KEY,
          sourceKmsKeyArns: [KEY, OTHER_KEY],
        },
        { id: "others", prefix: "public/", destinationBucketArn: COPY, kmsEncryptedObjects: "leave" },
      ],
    });

    // then
    const [encrypted, others] = replicationRules(stack);
    expect(encrypted!.source_selection_criteria).toBeDefined();
    expect(others!.source_selection_criteria).toBeUndefined();
    expect(others!.destination!.encryption_configuration).toBeUndefined();
    expect(actionsOn(stack, /key\/1234$/)).toEqual(["kms:Decrypt"]);
    expect(actionsOn(stack, /key\/5678$/)).toEqual(["kms:Decrypt"]);
    expect(actionsOn(stack, /key\/9abc$/)).toEqual(["kms:Encrypt"]);
  });
});

describe("a destination in the same app", () => {
  const declare = (to: Partial<TieredBucketProps>, from: (copy: TieredBucket) => Partial<TieredBucketProps>) => () => {
    const outdir = mkdtempSync(join(tmpdir(), "sterna-synth-"));
    try {
      const app = new App({ outdir });
      const [here, there] = ["here", "there"].map((id) => new TerraformStack(app, id));
      new AwsProvider(here!, "aws", { region: "eu-central-1" });
      new AwsProvider(there!, "aws", { region: "eu-west-1" });
      const copy = new TieredBucket(there!, "copy", { bucketName: "app-ef-copy", ...to });
      new TieredBucket(here!, "files", { bucketName: "app-ef-files", ...from(copy) });
      app.synth();
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  };
  const replicating = (copy: TieredBucket) => ({
    objectLock: LOCK,
    replicationRules: [{ id: "copy", destinationBucketArn: copy.bucketArn }],
  });

  test("of another stack is found by its reference, and must have a lock if the source has one", () => {
    expect(declare({}, replicating)).toThrow(expect.objectContaining({ code: "ReplicationDestinationUnlocked" }));
    expect(declare({ objectLock: LOCK }, replicating)).not.toThrow();
  });

  test("must keep versions", () => {
    expect(
      declare({ versioned: false }, ({ bucketArn }) => ({
        replicationRules: [{ id: "copy", destinationBucketArn: bucketArn }],
      })),
    ).toThrow(expect.objectContaining({ code: "ReplicationDestinationUnversioned" }));
  });

  test("takes access logs only without a lock and a KMS key", () => {
    const logging = ({ bucketName }: TieredBucket) => ({ accessLogs: { bucketName } });
    expect(declare({ objectLock: LOCK }, logging)).toThrow(expect.objectContaining({ code: "LogDestinationLocked" }));
    expect(declare({ kmsKeyArn: REPLICA_KEY }, logging)).toThrow(
      expect.objectContaining({ code: "LogDestinationEncrypted" }),
    );
    expect(declare({}, logging)).not.toThrow();
  });
});

describe("what S3 accepts although it is unwise", () => {
  const warningsOf = (props: Partial<TieredBucketProps>) => {
    const outdir = mkdtempSync(join(tmpdir(), "sterna-synth-"));
    try {
      const app = new App({ outdir });
      const stack = new TerraformStack(app, "test");
      new AwsProvider(stack, "aws", { region: "eu-central-1" });
      new TieredBucket(stack, "files", { bucketName: "app-ef-files", ...props });
      app.synth();
      // What cdktf shows to the user.
      const manifest = JSON.parse(readFileSync(join(outdir, "manifest.json"), "utf8")) as {
        stacks: { test: { annotations: { message: string }[] } };
      };
      return manifest.stacks.test.annotations.map(({ message }) => message);
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  };

  test.each<[string, Partial<TieredBucketProps>, RegExp]>([
    [
      "a rule about old versions of a bucket that makes no new ones",
      { versioned: false, lifecycleRules: [{ id: "old", expireNoncurrentVersionsAfter: Duration.days(30) }] },
      /only affects versions from before/,
    ],
    [
      "a rule that removes locked versions",
      { objectLock: LOCK, lifecycleRules: [{ id: "old", expireNoncurrentVersionsAfter: Duration.days(7) }] },
      /when the lock has ended/,
    ],
  ])("%s is a warning", (_, props, message) => {
    expect(warningsOf(props)).toEqual([expect.stringMatching(message)]);
  });

  test.each(["cors", "grant"])("a transform of %s, which the declaration does not create, is refused", (name) => {
    expect(() => warningsOf({ transform: { [name]: { id: "a" } } })).toThrow(
      expect.objectContaining({
        code: "TransformWithoutResource",
        message: expect.stringContaining(`transform.${name} would have no effect`),
      }),
    );
  });

  test("a transform of every child that is created is no warning", () => {
    expect(warningsOf({ transform: { policy: (config) => config, lifecycle: (config) => config } })).toEqual([]);
  });
});

test("lifecycle rules can come from the transform alone", () => {
  // given
  const rule = [
    { id: "dated", status: "Enabled", filter: [{ prefix: "" }], expiration: [{ date: "2030-01-01T00:00:00Z" }] },
  ];

  // when
  const stack = synthesizeBucket({
    abortIncompleteUploadsAfter: "never",
    transform: { lifecycle: (config) => ({ ...config, rule }) },
  });

  // then
  expect(onlyResource(stack, "aws_s3_bucket_lifecycle_configuration")).toMatchObject({ rule: [{ id: "dated" }] });
  expect(synthesizeBucket({ abortIncompleteUploadsAfter: "never" }).resource).not.toHaveProperty(
    "aws_s3_bucket_lifecycle_configuration",
  );
});

test("old versions that stay in their tier are counted by the transition, too", () => {
  // when
  const stack = synthesizeBucket({
    lifecycleRules: [
      {
        id: "old",
        noncurrentTransitions: [{ tier: Tier.infrequentAccess, after: Duration.days(30), keepNoncurrentVersions: 5 }],
      },
    ],
  });

  // then
  expect(onlyResource(stack, "aws_s3_bucket_lifecycle_configuration").rule).toContainEqual(
    expect.objectContaining({
      noncurrent_version_transition: [
        { noncurrent_days: 30, storage_class: "STANDARD_IA", newer_noncurrent_versions: 5 },
      ],
    }),
  );
});

test("a function is called by buckets of this account only", () => {
  // when
  const stack = synthesizeBucket({
    notifications: [
      {
        service: "lambda",
        targetArn: "arn:aws:lambda:eu-central-1:111122223333:function:index",
        events: ["s3:ObjectCreated:*"],
      },
    ],
  });

  // then
  expect(onlyResource(stack, "aws_lambda_permission").source_account).toMatch(
    /^\$\{data\.aws_caller_identity\.\w+\.account_id\}$/,
  );
});
