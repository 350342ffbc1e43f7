import type { DataSyncTaskProps } from "../../lib/aws/storage/data-sync-task";
import { Duration } from "../../lib/core/duration";
import type { TieredBucketProps } from "../../lib/google/storage/tiered-bucket-props";
import type { TransferJobProps } from "../../lib/google/storage/transfer-job";
import { Schedule } from "../../lib/schedule/schedule";
import { Tier } from "../../lib/storage/tier";
import { days, KEY, ladder, REPLICA_KEY, rule, type Valid } from "./valid-lifecycles-on-s3";

const { infrequentAccess, instantArchive, archive } = Tier;

const GCS = "https://cloud.google.com/storage/docs";
const LIFECYCLE = `${GCS}/lifecycle-configurations`;
const LOCATIONS = `${GCS}/locations`;

export const VALID_ON_GCS: readonly Valid<TieredBucketProps>[] = [
  [LIFECYCLE, "delete after a month", rule({ expireAfter: days(30) })],
  [LIFECYCLE, "delete live objects after a year, under prefixes", rule({ prefix: "sales/", expireAfter: days(365) })],
  [LIFECYCLE, "a class for each age", rule({ transitions: ladder([infrequentAccess, 365], [instantArchive, 1095]) })],
  [LIFECYCLE, "noncurrent versions by their number", rule({ keepNoncurrentVersions: 2 })],
  [
    LIFECYCLE,
    "noncurrent versions by number and age",
    rule({ keepNoncurrentVersions: 1, expireNoncurrentVersionsAfter: days(7) }),
  ],
  [LIFECYCLE, "noncurrent versions moved", rule({ noncurrentTransitions: ladder([archive, 0]) })],
  [LIFECYCLE, "incomplete uploads", rule({ abortIncompleteUploadsAfter: days(7) })],
  [
    `${GCS}/lifecycle#conditions`,
    "the newest versions stay in their class",
    rule({ noncurrentTransitions: [{ tier: instantArchive, after: days(30), keepNoncurrentVersions: 3 }] }),
  ],
  [`${GCS}/deleting-objects#bulk-delete`, "an age of 0 empties the bucket", rule({ expireAfter: days(0) })],
  [
    `${GCS}/object-versioning`,
    "old versions of a bucket that stopped versioning",
    { versioned: false, ...rule({ expireNoncurrentVersionsAfter: days(30) }) },
  ],
  [`${GCS}/lifecycle#setstorageclass`, "from standard to archive at once", rule({ transitions: ladder([archive, 0]) })],
  [
    `${GCS}/lifecycle#setstorageclass`,
    "in any order of the list",
    rule({ transitions: ladder([archive, 365], [infrequentAccess, 30]) }),
  ],
  [`${GCS}/autoclass`, "to the coldest class", { autoclass: { coldest: "ARCHIVE" } }],
  [
    `${GCS}/autoclass`,
    "with rules that delete",
    { autoclass: { coldest: "NEARLINE" }, ...rule({ expireAfter: days(365) }) },
  ],
  [`${GCS}/bucket-lock`, "a retention policy", { retention: { retentionPeriod: days(30) } }],
  [
    `${GCS}/bucket-lock`,
    "a locked policy of ten years",
    {
      retention: {
        retentionPeriod: days(3650),
        locked: true,
        acknowledge: { LockedRetentionWithoutReason: "the corpus" },
      },
    },
  ],
  [`${GCS}/bucket-lock`, "a policy of one second", { retention: { retentionPeriod: Duration.seconds(1) } }],
  [
    `${GCS}/lifecycle#delete`,
    "a rule that deletes earlier than the policy allows",
    { retention: { retentionPeriod: days(90) }, ...rule({ expireAfter: days(30) }) },
  ],
  [
    `${GCS}/object-versioning`,
    "versions besides a policy",
    { versioned: true, retention: { retentionPeriod: days(30) } },
  ],
  [`${GCS}/soft-delete`, "none", { softDeleteRetention: days(0) }],
  [`${GCS}/soft-delete`, "90 days", { softDeleteRetention: days(90) }],
  [LOCATIONS, "a region in capitals", { location: "US-EAST1" }],
  [LOCATIONS, "a multi-region", { location: "EU" }],
  [LOCATIONS, "a predefined dual-region", { location: "NAM4" }],
  [LOCATIONS, "a configurable dual-region", { location: "US", dualRegion: ["US-EAST1", "US-WEST1"] }],
  [
    LOCATIONS,
    "a dual-region in a country",
    { location: "CA", dualRegion: ["northamerica-northeast1", "northamerica-northeast2"] },
  ],
  [`${GCS}/turbo-replication`, "of a predefined dual-region", { location: "EUR4", turboReplication: true }],
  [
    `${GCS}/turbo-replication`,
    "of a configurable dual-region",
    { location: "EU", dualRegion: ["EUROPE-WEST1", "EUROPE-NORTH1"], turboReplication: true },
  ],
  [
    `${GCS}/encryption/customer-managed-keys`,
    "a key of the region",
    { kmsKeyName: "projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k" },
  ],
  [
    `${GCS}/encryption/customer-managed-keys`,
    "a key of the European Union",
    { location: "EU", kmsKeyName: "projects/p/locations/europe/keyRings/r/cryptoKeys/k" },
  ],
  [`${GCS}/pubsub-notifications`, "all events", { notifications: [{ topic: "projects/p/topics/t" }] }],
  [
    `${GCS}/pubsub-notifications`,
    "one event under a prefix",
    {
      notifications: [
        { topic: "//pubsub.googleapis.com/projects/p/topics/t", events: ["OBJECT_FINALIZE"], prefix: "data/" },
      ],
    },
  ],
  [
    `${GCS}/access-logs`,
    "usage logs",
    { accessLogs: { bucketName: "example-logs-bucket", prefix: "log_object_prefix" } },
  ],
  [
    `${GCS}/cors-configurations`,
    "one origin for an hour",
    {
      corsRules: [
        {
          allowedOrigins: ["https://your-example-website.appspot.com"],
          allowedMethods: ["GET"],
          exposedHeaders: ["Content-Type"],
          maxAge: Duration.hours(1),
        },
      ],
    },
  ],
  [`${GCS}/tags-and-labels`, "labels in any script", { labels: { team: "größe", "cost-center": "42" } }],
  [`${GCS}/buckets#naming`, "underscores and dots", { bucketName: "my_travel.maps" }],
];

const FROM_TO = { sourceBucketName: "old-bucket", destinationBucketName: "new-bucket" };
const DATASYNC = "https://docs.aws.amazon.com/datasync/latest/userguide";

export const VALID_DATASYNC_TASKS: readonly Valid<DataSyncTaskProps>[] = [
  [`${DATASYNC}/create-s3-location.html`, "whole buckets", FROM_TO],
  [`${DATASYNC}/create-s3-location.html`, "a prefix", { ...FROM_TO, prefix: "photos/2026/january/" }],
  [
    `${DATASYNC}/create-s3-location.html#create-s3-location-encryption`,
    "keys of both buckets",
    { ...FROM_TO, sourceKmsKeyArn: KEY, destinationKmsKeyArn: REPLICA_KEY },
  ],
  [`${DATASYNC}/task-scheduling.html`, "every hour", { ...FROM_TO, schedule: Schedule.aws("rate(1 hour)") }],
  [
    `${DATASYNC}/task-scheduling.html`,
    "at noon on Sundays and Wednesdays",
    { ...FROM_TO, schedule: Schedule.aws("cron(0 12 ? * SUN,WED *)") },
  ],
  [`${DATASYNC}/configure-metadata.html`, "without tags", { ...FROM_TO, copyObjectTags: false }],
];

const STS = "https://cloud.google.com/storage-transfer/docs";

export const VALID_TRANSFER_JOBS: readonly Valid<TransferJobProps>[] = [
  [`${STS}/create-transfers/agentless/s3`, "a whole bucket from today on", { ...FROM_TO, startsOn: "2027-01-31" }],
  [
    `${STS}/create-transfers/agentless/s3`,
    "a prefix, in a project",
    { ...FROM_TO, startsOn: "2028-02-29", prefix: "data/", project: "app" },
  ],
  [`${STS}/source-amazon-s3`, "a source with a KMS key", { ...FROM_TO, startsOn: "2027-01-31", sourceKmsKeyArn: KEY }],
];
