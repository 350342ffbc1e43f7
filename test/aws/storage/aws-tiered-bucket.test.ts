import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { TerraformOutput, TerraformVariable } from "cdktf";
import { Duration } from "../../../lib/core/duration";
import { Size } from "../../../lib/core/size";
import { TieredBucket } from "../../../lib/aws/storage/tiered-bucket";
import type { TieredBucketProps } from "../../../lib/aws/storage/tiered-bucket-props";
import { Tier } from "../../../lib/storage/tier";
import { onlyResource, synthesize, type SynthesizedStack } from "../../support/synth";

function synthesizeBucket(props: Partial<TieredBucketProps> = {}): SynthesizedStack {
  return synthesize((stack) => {
    new AwsProvider(stack, "aws", { region: "eu-central-1" });
    new TieredBucket(stack, "files", { bucketName: "app-ef-files", ...props });
  });
}

function lifecycleRules(stack: SynthesizedStack): Array<Record<string, unknown>> {
  return onlyResource(stack, "aws_s3_bucket_lifecycle_configuration").rule as Array<Record<string, unknown>>;
}

describe("a bucket with nothing but a name", () => {
  const stack = synthesizeBucket();

  test("emits the bucket and what makes it safe, and nothing else", () => {
    expect(Object.keys(stack.resource).sort()).toEqual([
      "aws_s3_bucket",
      "aws_s3_bucket_lifecycle_configuration",
      "aws_s3_bucket_ownership_controls",
      "aws_s3_bucket_policy",
      "aws_s3_bucket_public_access_block",
      "aws_s3_bucket_server_side_encryption_configuration",
      "aws_s3_bucket_versioning",
    ]);
  });

  test("keeps versions", () => {
    expect(onlyResource(stack, "aws_s3_bucket_versioning").versioning_configuration).toEqual({ status: "Enabled" });
  });

  test("encrypts with a key that S3 manages", () => {
    expect(onlyResource(stack, "aws_s3_bucket_server_side_encryption_configuration").rule).toEqual([
      { apply_server_side_encryption_by_default: { sse_algorithm: "AES256" } },
    ]);
  });

  test("blocks public access in all four ways", () => {
    expect(onlyResource(stack, "aws_s3_bucket_public_access_block")).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
  });

  test("switches access control lists off", () => {
    expect(onlyResource(stack, "aws_s3_bucket_ownership_controls").rule).toEqual({
      object_ownership: "BucketOwnerEnforced",
    });
  });

  test("refuses requests without TLS, and with TLS older than 1.2, on the bucket and its objects", () => {
    const policy = JSON.parse(onlyResource(stack, "aws_s3_bucket_policy").policy as string);
    expect(policy.Statement).toEqual([
      expect.objectContaining({
        Effect: "Deny",
        Principal: "*",
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      }),
      expect.objectContaining({
        Effect: "Deny",
        Principal: "*",
        Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
      }),
    ]);
    for (const statement of policy.Statement) {
      expect(statement.Resource).toEqual([
        expect.stringMatching(/^\$\{aws_s3_bucket\.\w+\.arn\}$/),
        expect.stringMatching(/^\$\{aws_s3_bucket\.\w+\.arn\}\/\*$/),
      ]);
    }
  });

  test("clears incomplete uploads away after a week", () => {
    expect(lifecycleRules(stack)).toEqual([
      {
        id: "abort-incomplete-uploads",
        status: "Enabled",
        filter: [{ prefix: "" }],
        abort_incomplete_multipart_upload: [{ days_after_initiation: 7 }],
      },
    ]);
  });

  test("cannot be destroyed", () => {
    expect(onlyResource(stack, "aws_s3_bucket")).toMatchObject({
      bucket: "app-ef-files",
      force_destroy: false,
      lifecycle: { prevent_destroy: true },
    });
  });

  test("says which small objects the transitions leave alone", () => {
    expect(onlyResource(stack, "aws_s3_bucket_lifecycle_configuration")).toMatchObject({
      transition_default_minimum_object_size: "all_storage_classes_128K",
    });
  });
});

describe("lifecycle rules", () => {
  test("the ladder of app_ef's guide becomes two transitions", () => {
    const stack = synthesizeBucket({
      lifecycleRules: [
        {
          id: "archive-old-projects",
          prefix: "data/projects/",
          transitions: [
            { tier: Tier.infrequentAccess, after: Duration.days(90) },
            { tier: Tier.archive, after: Duration.days(180) },
          ],
          acknowledge: { RetrievalDelayNotAccepted: "the application reads projects from PostgreSQL" },
        },
      ],
    });

    expect(lifecycleRules(stack)[0]).toEqual({
      id: "archive-old-projects",
      status: "Enabled",
      filter: [{ prefix: "data/projects/" }],
      transition: [
        { days: 90, storage_class: "STANDARD_IA" },
        { days: 180, storage_class: "GLACIER" },
      ],
    });
  });

  test("deletion of objects and of old versions are days", () => {
    const stack = synthesizeBucket({
      lifecycleRules: [
        { id: "tidy", expireAfter: Duration.days(365), expireNoncurrentVersionsAfter: Duration.days(30) },
      ],
      abortIncompleteUploadsAfter: Duration.days(1),
    });

    expect(lifecycleRules(stack)).toEqual([
      {
        id: "tidy",
        status: "Enabled",
        filter: [{ prefix: "" }],
        expiration: [{ days: 365 }],
        noncurrent_version_expiration: [{ noncurrent_days: 30 }],
      },
      expect.objectContaining({ abort_incomplete_multipart_upload: [{ days_after_initiation: 1 }] }),
    ]);
  });

  test.each([
    ["one tag stands alone", { objectTags: { kind: "log" } }, { tag: [{ key: "kind", value: "log" }] }],
    ["one size stands alone", { objectSizeGreaterThan: Size.kibibytes(128) }, { object_size_greater_than: 131072 }],
    [
      "two tags are joined",
      { objectTags: { kind: "log", team: "ef" } },
      { and: [{ tags: { kind: "log", team: "ef" } }] },
    ],
    [
      "a prefix and both sizes are joined",
      { prefix: "a/", objectSizeGreaterThan: Size.bytes(1), objectSizeLessThan: Size.mebibytes(1) },
      { and: [{ prefix: "a/", object_size_greater_than: 1, object_size_less_than: 1048576 }] },
    ],
  ])("in a filter, %s", (_, criteria, filter) => {
    const stack = synthesizeBucket({ lifecycleRules: [{ id: "rule", expireAfter: Duration.days(1), ...criteria }] });
    expect(lifecycleRules(stack)[0]!.filter).toEqual([filter]);
  });
});

describe("intelligent tiering", () => {
  const intelligent = {
    id: "tier",
    prefix: "data/",
    transitions: [{ tier: Tier.intelligent, after: Duration.days(0) }],
  };

  test("opens the archive tiers that were asked for", () => {
    const stack = synthesizeBucket({
      lifecycleRules: [intelligent],
      intelligentTiering: {
        name: "app-ef-tiering",
        prefix: "data/files/",
        archiveAfter: Duration.days(90),
        deepArchiveAfter: Duration.days(180),
        acknowledge: { RetrievalDelayNotAccepted: "files nobody opened for a quarter" },
      },
    });

    expect(onlyResource(stack, "aws_s3_bucket_intelligent_tiering_configuration")).toMatchObject({
      name: "app-ef-tiering",
      filter: { prefix: "data/files/" },
      tiering: [
        { access_tier: "ARCHIVE_ACCESS", days: 90 },
        { access_tier: "DEEP_ARCHIVE_ACCESS", days: 180 },
      ],
    });
  });

  test("needs no lifecycle rule when objects are uploaded with that storage class", () => {
    const stack = synthesizeBucket({
      intelligentTiering: {
        archiveAfter: Duration.days(730),
        acknowledge: { RetrievalDelayNotAccepted: "cold data" },
        uploadedBy: "the backend, with x-amz-storage-class",
      },
    });
    expect(onlyResource(stack, "aws_s3_bucket_intelligent_tiering_configuration").tiering).toHaveLength(1);
  });
});

describe("options", () => {
  test("a KMS key encrypts through a bucket key", () => {
    const kmsKeyArn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const stack = synthesizeBucket({ kmsKeyArn });

    expect(onlyResource(stack, "aws_s3_bucket_server_side_encryption_configuration").rule).toEqual([
      {
        apply_server_side_encryption_by_default: { sse_algorithm: "aws:kms", kms_master_key_id: kmsKeyArn },
        bucket_key_enabled: true,
      },
    ]);
  });

  test("a reason lifts the protection, and only then objects can go with the bucket", () => {
    const stack = synthesizeBucket({
      acknowledge: { DestroyWithoutReason: "a bucket of the tests" },
      forceDestroy: true,
    });
    expect(onlyResource(stack, "aws_s3_bucket")).toMatchObject({
      force_destroy: true,
      lifecycle: { prevent_destroy: false },
    });
  });

  test("without versions, versioning is suspended", () => {
    const stack = synthesizeBucket({ versioned: false });
    expect(onlyResource(stack, "aws_s3_bucket_versioning").versioning_configuration).toEqual({ status: "Suspended" });
  });

  test("a transform changes what a resource gets: an object is merged, a function decides", () => {
    const stack = synthesizeBucket({
      transform: {
        bucket: { objectLockEnabled: true },
        ownership: (config) => ({ ...config, rule: { objectOwnership: "BucketOwnerPreferred" } }),
      },
    });

    expect(onlyResource(stack, "aws_s3_bucket")).toMatchObject({ bucket: "app-ef-files", object_lock_enabled: true });
    expect(onlyResource(stack, "aws_s3_bucket_ownership_controls").rule).toEqual({
      object_ownership: "BucketOwnerPreferred",
    });
  });

  test("values that only Terraform knows are passed on unchecked", () => {
    const stack = synthesize((scope) => {
      new AwsProvider(scope, "aws", { region: "eu-central-1" });
      const name = new TerraformVariable(scope, "name", { type: "string" });
      new TieredBucket(scope, "files", { bucketName: name.stringValue, kmsKeyArn: name.stringValue });
    });
    expect(onlyResource(stack, "aws_s3_bucket").bucket).toBe("${var.name}");
  });
});

test("other resources can refer to the bucket's name, ARN and region", () => {
  const stack = synthesize((scope) => {
    new AwsProvider(scope, "aws", { region: "eu-central-1" });
    const bucket = new TieredBucket(scope, "files", { bucketName: "app-ef-files" });
    new TerraformOutput(scope, "name", { value: bucket.bucketName });
    new TerraformOutput(scope, "arn", { value: bucket.bucketArn });
    new TerraformOutput(scope, "region", { value: bucket.bucketRegion });
  });

  const [bucket] = Object.keys(stack.resource.aws_s3_bucket!);
  const [ownership] = Object.keys(stack.resource.aws_s3_bucket_ownership_controls!);
  expect(stack.output).toEqual({
    // Through the ownership controls, which come last of what makes the bucket safe.
    name: { value: `\${aws_s3_bucket_ownership_controls.${ownership}.bucket}` },
    arn: { value: `\${aws_s3_bucket.${bucket}.arn}` },
    region: { value: `\${aws_s3_bucket.${bucket}.region}` },
  });
  const others = ["versioning", "server_side_encryption_configuration", "policy"].map(
    (child) => `aws_s3_bucket_${child}.${Object.keys(stack.resource[`aws_s3_bucket_${child}`]!)[0]}`,
  );
  expect(onlyResource(stack, "aws_s3_bucket_ownership_controls").depends_on).toEqual(others);
});
