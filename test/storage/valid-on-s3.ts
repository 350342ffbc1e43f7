import type { TieredBucketProps } from "../../lib/aws/storage/tiered-bucket-props";
import { Duration } from "../../lib/core/duration";
import { Tier } from "../../lib/storage/tier";
import { accepted, days, KEY, ladder, REPLICA_KEY, rule, S3, type Valid } from "./valid-lifecycles-on-s3";

const COPY = "arn:aws:s3:::amzn-copy-bucket";
const copying = (more: object) => ({ replicationRules: [{ id: "copy", destinationBucketArn: COPY, ...more }] });

const REPLICATION = `${S3}/userguide/replication-add-config.html`;
const EVENTS = `${S3}/userguide/notification-how-to-event-types-and-destinations.html`;
const NAMES = `${S3}/userguide/bucketnamingrules.html`;

const queue = (more: object = {}) => ({
  service: "sqs" as const,
  targetArn: "arn:aws:sqs:eu-central-1:111122223333:uploads",
  events: ["s3:ObjectCreated:*" as const],
  ...more,
});

export const VALID_ON_S3: readonly Valid<TieredBucketProps>[] = [
  [
    `${S3}/userguide/enable-intelligent-tiering.html`,
    "both archive tiers of intelligent tiering",
    {
      ...rule({ transitions: ladder([Tier.intelligent, 0]) }),
      intelligentTiering: { archiveAfter: days(90), deepArchiveAfter: days(180), acknowledge: accepted },
    },
  ],
  [
    `${S3}/userguide/object-lock-configure.html`,
    "governance for a day",
    { objectLock: { mode: "governance", defaultRetention: days(1) } },
  ],
  [
    `${S3}/userguide/object-lock-configure.html`,
    "compliance for seven years",
    {
      objectLock: {
        mode: "compliance",
        defaultRetention: days(2555),
        acknowledge: { ComplianceWithoutReason: "the corpus" },
      },
    },
  ],
  [
    `${S3}/userguide/object-lock-managing.html#object-lock-managing-lifecycle`,
    "a rule that removes locked versions",
    {
      objectLock: { mode: "governance", defaultRetention: days(90) },
      ...rule({ expireNoncurrentVersionsAfter: days(30) }),
    },
  ],
  [
    `${S3}/userguide/object-lock-managing.html#object-lock-managing-replication`,
    "replication of a locked bucket",
    { objectLock: { mode: "governance", defaultRetention: days(1) }, ...copying({}) },
  ],
  [REPLICATION, "the whole bucket", copying({})],
  [REPLICATION, "a prefix, with delete markers", copying({ prefix: "TaxDocs/", replicateDeletes: true })],
  [REPLICATION, "one tag", copying({ objectTags: { key: "value" } })],
  [REPLICATION, "a prefix and tags", copying({ prefix: "TaxDocs/", objectTags: { key1: "value1", key2: "value2" } })],
  [
    REPLICATION,
    "two rules with priorities",
    {
      replicationRules: [
        { id: "a", destinationBucketArn: COPY, prefix: "a/", priority: 2 },
        { id: "b", destinationBucketArn: COPY, prefix: "b/", priority: 1 },
      ],
    },
  ],
  [
    REPLICATION,
    "two destinations",
    {
      replicationRules: [
        { id: "a", destinationBucketArn: COPY },
        { id: "b", destinationBucketArn: `${COPY}-2` },
      ],
    },
  ],
  [
    `${S3}/userguide/replication-config-for-kms-objects.html`,
    "encrypted objects of a bucket with SSE-S3",
    copying({ destinationKmsKeyArn: REPLICA_KEY }),
  ],
  [
    `${S3}/userguide/replication-config-for-kms-objects.html`,
    "a bucket with its own key",
    { kmsKeyArn: KEY, ...copying({ destinationKmsKeyArn: REPLICA_KEY }) },
  ],
  [
    `${S3}/userguide/replication-config-for-kms-objects.html`,
    "only what is not encrypted with a key",
    { kmsKeyArn: KEY, ...copying({ kmsEncryptedObjects: "leave" }) },
  ],
  [
    `${S3}/userguide/replication-change-owner.html`,
    "the owner of the destination becomes that of the copies",
    copying({ destinationAccount: "444455556666" }),
  ],
  [`${S3}/userguide/replication-time-control.html`, "copies within 15 minutes", copying({ within15Minutes: true })],
  [
    `${S3}/userguide/replication-storage-class.html`,
    "copies in a colder class",
    copying({ destinationTier: Tier.deepArchive }),
  ],
  [`${S3}/userguide/specifying-kms-encryption.html`, "a KMS key", { kmsKeyArn: KEY }],
  [
    `${S3}/userguide/specifying-kms-encryption.html`,
    "an alias",
    { kmsKeyArn: "arn:aws:kms:eu-central-1:111122223333:alias/files" },
  ],
  [
    `${S3}/userguide/enable-server-access-logging.html`,
    "access logs with a prefix",
    { accessLogs: { bucketName: "amzn-log-bucket", prefix: "logs/" } },
  ],
  [
    `${S3}/userguide/configure-inventory.html`,
    "an inventory of all versions, weekly",
    { inventories: [{ id: "report1", destinationBucketArn: COPY, destinationPrefix: "inventory" }] },
  ],
  [
    `${S3}/userguide/configure-inventory.html`,
    "an inventory of current versions as CSV, daily",
    {
      inventories: [
        {
          id: "report.1_a",
          destinationBucketArn: COPY,
          frequency: "Daily",
          format: "CSV",
          includeVersions: false,
          prefix: "a/",
        },
      ],
    },
  ],
  [EVENTS, "a queue for all uploads", { notifications: [queue()] }],
  [
    EVENTS,
    "a topic for lifecycle and replication",
    {
      notifications: [
        queue({
          service: "sns",
          targetArn: "arn:aws:sns:eu-central-1:111122223333:events",
          events: ["s3:LifecycleExpiration:*", "s3:LifecycleTransition", "s3:Replication:*", "s3:IntelligentTiering"],
        }),
      ],
    },
  ],
  [
    EVENTS,
    "a version of a function",
    {
      notifications: [
        queue({ service: "lambda", targetArn: "arn:aws:lambda:eu-central-1:111122223333:function:thumbnails:7" }),
      ],
    },
  ],
  [EVENTS, "EventBridge", { eventBridge: true }],
  [
    `${S3}/userguide/notification-how-to-filtering.html`,
    "two prefixes that exclude each other",
    { notifications: [queue({ prefix: "images/" }), queue({ prefix: "logs/" })] },
  ],
  [
    `${S3}/userguide/notification-how-to-filtering.html`,
    "one prefix with two suffixes",
    { notifications: [queue({ prefix: "images/", suffix: ".jpg" }), queue({ prefix: "images/", suffix: ".png" })] },
  ],
  [
    `${S3}/userguide/notification-how-to-filtering.html`,
    "two events of one prefix",
    {
      notifications: [
        queue({ prefix: "a/", events: ["s3:ObjectCreated:Put"] }),
        queue({ prefix: "a/", events: ["s3:ObjectRemoved:Delete"] }),
      ],
    },
  ],
  [
    `${S3}/userguide/ManageCorsUsing.html`,
    "an origin with a wildcard",
    {
      corsRules: [{ allowedOrigins: ["http://*.example.com"], allowedMethods: ["GET", "HEAD"], allowedHeaders: ["*"] }],
    },
  ],
  [
    `${S3}/userguide/ManageCorsUsing.html`,
    "every origin",
    { corsRules: [{ allowedOrigins: ["*"], allowedMethods: ["GET"] }] },
  ],
  [
    `${S3}/userguide/ManageCorsUsing.html`,
    "all methods of one origin, for 3000 seconds",
    {
      corsRules: [
        {
          allowedOrigins: ["http://www.example.com"],
          allowedMethods: ["PUT", "POST", "DELETE"],
          allowedHeaders: ["x-amz-*"],
          exposedHeaders: ["x-amz-request-id"],
          maxAge: Duration.seconds(3000),
        },
      ],
    },
  ],
  [
    `${S3}/userguide/example-bucket-policies.html`,
    "a policy variable",
    {
      policyStatements: [
        {
          Sid: "Homes",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::111122223333:root" },
          Action: "s3:GetObject",
          Resource: `${COPY}/home/\${aws:username}/*`,
        },
      ],
    },
  ],
  [NAMES, "hyphens and digits", { bucketName: "log-delivery-march-2020" }],
  [NAMES, "dots", { bucketName: "example.com" }],
  [NAMES, "three characters", { bucketName: "a1b" }],
  [NAMES, "63 characters", { bucketName: "a".repeat(63) }],
];
