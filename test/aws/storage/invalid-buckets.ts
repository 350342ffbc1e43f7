import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import type { TerraformStack } from "cdktf";
import { Duration } from "../../../lib/core/duration";
import type { ErrorCode } from "../../../lib/core/error-codes";
import { Size } from "../../../lib/core/size";
import { TieredBucket } from "../../../lib/aws/storage/tiered-bucket";
import type { TieredBucketProps } from "../../../lib/aws/storage/tiered-bucket-props";
import type { LifecycleRule } from "../../../lib/storage/lifecycle-rule";
import { Tier } from "../../../lib/storage/tier";
import {
  ARN,
  KEY,
  NAME,
  QUEUE,
  SUSPENDED,
  rawCors,
  rawEncryption,
  rawInventory,
  rawLock,
  rawNotification,
  rawQueue,
  rawReplication,
  rawRules,
  rawTiering,
  type RawResource,
} from "../../storage/raw-resources";

/** A mistake, as a declaration of Sterna and as Terraform. */
export interface InvalidBucket {
  readonly code: ErrorCode;
  readonly props?: Partial<TieredBucketProps>;
  /** What stands beside the bucket. */
  readonly beside?: (stack: TerraformStack) => void;
  /** Nothing where the provider finds it too, or takes minutes to validate what is too much. */
  readonly raw: readonly RawResource[];
}

const days = (amount: number) => Duration.days(amount);

const lifecycle = (code: ErrorCode, rule: Partial<LifecycleRule>, raw: Record<string, unknown>): InvalidBucket => ({
  code,
  props: { lifecycleRules: [{ id: "r0", acknowledge: { RetrievalDelayNotAccepted: "for the test" }, ...rule }] },
  raw: [rawRules(raw)],
});
const many = <Item>(count: number, make: (i: number) => Item) => Array.from({ length: count }, (_, i) => make(i));

const copy = (more: object = {}) => ({ id: "copy", destinationBucketArn: ARN, ...more });

const listens = (more: object = {}) => ({
  service: "sqs" as const,
  targetArn: QUEUE,
  events: ["s3:ObjectCreated:*" as const],
  ...more,
});

/** Access logs that go to a bucket of the same app. */
const logging = (code: ErrorCode, logs: Partial<TieredBucketProps>, raw: readonly RawResource[]): InvalidBucket => ({
  code,
  props: { accessLogs: { bucketName: "app-ef-logs" } },
  beside: (stack) => void new TieredBucket(stack, "logs", { bucketName: "app-ef-logs", ...logs }),
  raw: [["aws_s3_bucket_logging", { bucket: NAME, target_bucket: "app-ef-logs", target_prefix: "logs/" }], ...raw],
});

const inventory = (id: string, destinationBucketArn = ARN) => ({ id, destinationBucketArn });

const cors = { allowedOrigins: ["https://app.example.org"], allowedMethods: ["GET" as const] };
const rawCorsRule = { allowed_origins: ["https://app.example.org"], allowed_methods: ["GET"] };

const tiering = (more: object = {}): Partial<TieredBucketProps> => ({
  intelligentTiering: {
    archiveAfter: days(90),
    acknowledge: { RetrievalDelayNotAccepted: "for the test" },
    uploadedBy: "the test",
    ...more,
  },
});

/** One mistake for each code, as AWS would report it at apply, or never. `terraform validate` accepts them all. */
export const INVALID_BUCKETS: readonly InvalidBucket[] = [
  { code: "InvalidBucketName", props: { bucketName: "App_Ef" }, raw: [["aws_s3_bucket", { bucket: "App_Ef" }]] },
  { code: "InvalidKmsKeyArn", props: { kmsKeyArn: "1234" }, raw: [rawEncryption("1234")] },
  {
    code: "KmsKeyInOtherRegion",
    props: { kmsKeyArn: KEY.replace("us-east-1", "eu-west-1") },
    beside: (stack) => void new AwsProvider(stack, "aws", { region: "us-east-1" }),
    raw: [rawEncryption(KEY.replace("us-east-1", "eu-west-1"))],
  },
  {
    code: "TooManyLifecycleRules",
    props: { lifecycleRules: many(1000, (i) => ({ id: `r${i}`, prefix: `p${i}/`, expireAfter: days(1) })) },
    raw: [],
  },
  lifecycle(
    "InvalidKeyPrefix",
    { prefix: "/logs", expireAfter: days(1) },
    { filter: { prefix: "/logs" }, expiration: { days: 1 } },
  ),
  {
    code: "DuplicateLifecycleRuleId",
    props: { lifecycleRules: [1, 2].map((age) => ({ id: "a", expireAfter: days(age) })) },
    raw: [rawRules({ id: "a", expiration: { days: 1 } }, { id: "a", expiration: { days: 2 } })],
  },
  lifecycle("EmptyLifecycleRule", {}, {}),
  lifecycle(
    "EmptySizeRange",
    { objectSizeGreaterThan: Size.kibibytes(2), objectSizeLessThan: Size.kibibytes(1), expireAfter: days(1) },
    { filter: { and: { object_size_greater_than: 2048, object_size_less_than: 1024 } }, expiration: { days: 1 } },
  ),
  lifecycle(
    "TooManyObjectTags",
    { objectTags: Object.fromEntries(many(11, (i) => [`k${i}`, "v"])), expireAfter: days(1) },
    { filter: { and: { tags: Object.fromEntries(many(11, (i) => [`k${i}`, "v"])) } }, expiration: { days: 1 } },
  ),
  lifecycle(
    "InvalidObjectTag",
    { objectTags: { "aws:kind": "log" }, expireAfter: days(1) },
    { filter: { tag: { key: "aws:kind", value: "log" } }, expiration: { days: 1 } },
  ),
  lifecycle(
    "TransitionTooEarly",
    { transitions: [{ tier: Tier.infrequentAccess, after: days(7) }] },
    { transition: [{ days: 7, storage_class: "STANDARD_IA" }] },
  ),
  lifecycle(
    "TransitionNotSupported",
    {
      transitions: [
        { tier: Tier.archive, after: days(10) },
        { tier: Tier.instantArchive, after: days(200) },
      ],
    },
    {
      transition: [
        { days: 10, storage_class: "GLACIER" },
        { days: 200, storage_class: "GLACIER_IR" },
      ],
    },
  ),
  lifecycle(
    "TransitionsNotIncreasing",
    {
      transitions: [
        { tier: Tier.infrequentAccess, after: days(60) },
        { tier: Tier.archive, after: days(30) },
      ],
    },
    {
      transition: [
        { days: 60, storage_class: "STANDARD_IA" },
        { days: 30, storage_class: "GLACIER" },
      ],
    },
  ),
  lifecycle(
    "TransitionBeforeMinimumStorage",
    {
      transitions: [
        { tier: Tier.infrequentAccess, after: days(30) },
        { tier: Tier.archive, after: days(40) },
      ],
    },
    {
      transition: [
        { days: 30, storage_class: "STANDARD_IA" },
        { days: 40, storage_class: "GLACIER" },
      ],
    },
  ),
  lifecycle(
    "ExpirationBeforeTransition",
    { transitions: [{ tier: Tier.archive, after: days(90) }], expireAfter: days(30) },
    { transition: [{ days: 90, storage_class: "GLACIER" }], expiration: { days: 30 } },
  ),
  lifecycle(
    "NoncurrentVersionsOutOfRange",
    { expireNoncurrentVersionsAfter: days(1), keepNoncurrentVersions: 101 },
    { noncurrent_version_expiration: { noncurrent_days: 1, newer_noncurrent_versions: 101 } },
  ),
  {
    code: "NoncurrentVersionsKeptAnyway",
    props: { lifecycleRules: [{ id: "r0", keepNoncurrentVersions: 3 }] },
    raw: [],
  },
  lifecycle(
    "NoncurrentExpirationBeforeTransition",
    { noncurrentTransitions: [{ tier: Tier.archive, after: days(90) }], expireNoncurrentVersionsAfter: days(30) },
    {
      noncurrent_version_transition: [{ noncurrent_days: 90, storage_class: "GLACIER" }],
      noncurrent_version_expiration: { noncurrent_days: 30 },
    },
  ),
  lifecycle(
    "DeleteMarkersWithExpiry",
    { expireAfter: days(1), removeExpiredDeleteMarkers: true },
    { expiration: { days: 1, expired_object_delete_marker: true } },
  ),
  lifecycle(
    "DeleteMarkersWithTags",
    { objectTags: { a: "b" }, removeExpiredDeleteMarkers: true },
    { filter: { tag: { key: "a", value: "b" } }, expiration: { expired_object_delete_marker: true } },
  ),
  lifecycle(
    "AbortionWithObjectFilter",
    { objectTags: { a: "b" }, abortIncompleteUploadsAfter: days(1) },
    {
      filter: { tag: { key: "a", value: "b" } },
      abort_incomplete_multipart_upload: { days_after_initiation: 1 },
    },
  ),
  lifecycle(
    "RetrievalDelayNotAccepted",
    { transitions: [{ tier: Tier.archive, after: days(90) }], acknowledge: undefined },
    { transition: [{ days: 90, storage_class: "GLACIER" }] },
  ),
  {
    code: "ArchiveTierOnReadPrefix",
    props: {
      readAtOnce: ["data/"],
      lifecycleRules: [
        {
          id: "r0",
          prefix: "data/old/",
          transitions: [{ tier: Tier.archive, after: days(90) }],
          acknowledge: { RetrievalDelayNotAccepted: "old" },
        },
      ],
    },
    raw: [rawRules({ filter: { prefix: "data/old/" }, transition: [{ days: 90, storage_class: "GLACIER" }] })],
  },
  {
    code: "LifecycleOwnedTwice",
    beside: (stack) =>
      void new S3BucketLifecycleConfiguration(stack, "second", {
        bucket: NAME,
        rule: [{ id: "a", status: "Enabled", expiration: [{ days: 1 }] }],
      }),
    raw: [rawRules({ expiration: { days: 1 } }), rawRules({ expiration: { days: 2 } })],
  },
  {
    code: "IntelligentTieringOutOfRange",
    props: tiering({ archiveAfter: days(30) }),
    raw: [rawTiering({ access_tier: "ARCHIVE_ACCESS", days: 30 })],
  },
  {
    code: "IntelligentTieringNotIncreasing",
    props: tiering({ archiveAfter: days(200), deepArchiveAfter: days(180) }),
    raw: [rawTiering({ access_tier: "ARCHIVE_ACCESS", days: 200 }, { access_tier: "DEEP_ARCHIVE_ACCESS", days: 180 })],
  },
  {
    code: "IntelligentTieringUnreachable",
    props: tiering({ uploadedBy: undefined }),
    raw: [rawTiering({ access_tier: "ARCHIVE_ACCESS", days: 90 })],
  },
  {
    code: "ObjectLockWithoutVersioning",
    props: { versioned: false, objectLock: { mode: "governance", defaultRetention: days(1) } },
    raw: [SUSPENDED, rawLock("GOVERNANCE", { days: 1 })],
  },
  {
    code: "ObjectLockOutOfRange",
    props: { objectLock: { mode: "governance", defaultRetention: days(36_501) } },
    raw: [rawLock("GOVERNANCE", { days: 36_501 })],
  },
  {
    code: "ComplianceWithoutReason",
    props: { objectLock: { mode: "compliance", defaultRetention: days(3650) } },
    raw: [rawLock("COMPLIANCE", { years: 10 })],
  },
  {
    code: "ReplicationWithoutVersioning",
    props: { versioned: false, replicationRules: [copy()] },
    raw: [SUSPENDED, rawReplication({})],
  },
  {
    code: "TooManyReplicationRules",
    props: { replicationRules: many(1001, (i) => copy({ id: `r${i}`, prefix: `p${i}/` })) },
    raw: [],
  },
  {
    code: "DuplicateReplicationRuleId",
    props: { replicationRules: [copy(), copy()] },
    raw: [rawReplication({ id: "copy" }, { id: "copy" })],
  },
  {
    code: "DuplicateReplicationPriority",
    props: { replicationRules: [copy({ priority: 1 }), copy({ id: "other", priority: 1 })] },
    raw: [rawReplication({ priority: 1 }, { priority: 1 })],
  },
  {
    code: "ReplicationToItself",
    props: { replicationRules: [copy({ destinationBucketArn: `arn:aws:s3:::${NAME}` })] },
    raw: [rawReplication({ destination: { bucket: `arn:aws:s3:::${NAME}` } })],
  },
  {
    code: "ReplicationKeyMissing",
    props: { kmsKeyArn: KEY, replicationRules: [copy()] },
    raw: [rawEncryption(KEY), rawReplication({})],
  },
  {
    code: "ReplicationKeyUnused",
    props: { replicationRules: [copy({ destinationKmsKeyArn: KEY, kmsEncryptedObjects: "leave" })] },
    raw: [rawReplication({ destination: { bucket: ARN, encryption_configuration: { replica_kms_key_id: KEY } } })],
  },
  {
    code: "ReplicationDestinationUnversioned",
    props: { replicationRules: [copy()] },
    beside: (stack) => void new TieredBucket(stack, "copy", { bucketName: "app-ef-copy", versioned: false }),
    raw: [
      rawReplication({}),
      ["aws_s3_bucket_versioning", { bucket: "app-ef-copy", versioning_configuration: { status: "Suspended" } }],
    ],
  },
  {
    code: "ReplicationDestinationUnlocked",
    props: { objectLock: { mode: "governance", defaultRetention: days(30) }, replicationRules: [copy()] },
    beside: (stack) => void new TieredBucket(stack, "copy", { bucketName: "app-ef-copy" }),
    raw: [rawLock("GOVERNANCE", { days: 30 }), rawReplication({})],
  },
  logging("LogDestinationLocked", { objectLock: { mode: "governance", defaultRetention: days(30) } }, []),
  logging("LogDestinationEncrypted", { kmsKeyArn: KEY }, [rawEncryption(KEY)]),
  {
    code: "DeleteReplicationWithTags",
    props: { replicationRules: [copy({ objectTags: { a: "b" }, replicateDeletes: true })] },
    raw: [
      rawReplication({ filter: { tag: { key: "a", value: "b" } }, delete_marker_replication: { status: "Enabled" } }),
    ],
  },
  {
    code: "InvalidBucketArn",
    props: { inventories: [inventory("all", "arn:aws:sqs:us-east-1:111122223333:lists")] },
    raw: [rawInventory("all", "arn:aws:sqs:us-east-1:111122223333:lists")],
  },
  {
    code: "LogsIntoItself",
    props: { accessLogs: { bucketName: NAME } },
    raw: [["aws_s3_bucket_logging", { bucket: NAME, target_bucket: NAME, target_prefix: "logs/" }]],
  },
  {
    code: "InvalidInventoryId",
    props: { inventories: [inventory("all objects")] },
    raw: [rawInventory("all objects")],
  },
  {
    code: "DuplicateInventoryId",
    props: { inventories: [inventory("all"), inventory("all")] },
    raw: [rawInventory("all"), rawInventory("all")],
  },
  {
    code: "InvalidNotificationTarget",
    props: { notifications: [listens({ targetArn: QUEUE.replace(":sqs:", ":kinesis:") })] },
    raw: [rawNotification({ queue: [rawQueue(QUEUE.replace(":sqs:", ":kinesis:"), ["s3:ObjectCreated:*"])] })],
  },
  {
    code: "FifoNotificationTarget",
    props: { notifications: [listens({ targetArn: `${QUEUE}.fifo` })] },
    raw: [rawNotification({ queue: [rawQueue(`${QUEUE}.fifo`, ["s3:ObjectCreated:*"])] })],
  },
  {
    code: "NotificationWithoutEvents",
    props: { notifications: [listens({ events: [] })] },
    raw: [rawNotification({ queue: [rawQueue(QUEUE, [])] })],
  },
  {
    code: "NotificationsOverlap",
    props: {
      notifications: [listens({ prefix: "a/" }), listens({ events: ["s3:ObjectCreated:Put"], prefix: "a/b/" })],
    },
    raw: [
      rawNotification({
        queue: [
          rawQueue(QUEUE, ["s3:ObjectCreated:*"], { filter_prefix: "a/" }),
          rawQueue(QUEUE, ["s3:ObjectCreated:Put"], { filter_prefix: "a/b/" }),
        ],
      }),
    ],
  },
  {
    code: "EmptyCorsRule",
    props: { corsRules: [{ ...cors, allowedOrigins: [] }] },
    raw: [rawCors({ ...rawCorsRule, allowed_origins: [] })],
  },
  {
    code: "InvalidCorsMethod",
    props: { corsRules: [{ ...cors, allowedMethods: ["OPTIONS" as "GET"] }] },
    raw: [rawCors({ ...rawCorsRule, allowed_methods: ["OPTIONS"] })],
  },
  {
    code: "InvalidCorsOrigin",
    props: { corsRules: [{ ...cors, allowedOrigins: ["https://*.*.org"] }] },
    raw: [rawCors({ ...rawCorsRule, allowed_origins: ["https://*.*.org"] })],
  },
];

export function declareInvalid(stack: TerraformStack, { props, beside }: InvalidBucket): void {
  beside?.(stack);
  new TieredBucket(stack, "files", { bucketName: NAME, ...props });
}
