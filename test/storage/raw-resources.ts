/** A resource in Terraform's JSON: its type and its arguments. */
export type RawResource = readonly [type: string, body: Record<string, unknown>];

export const NAME = "app-ef-files";

export const ARN = "arn:aws:s3:::app-ef-copy";

export const KEY = "arn:aws:kms:us-east-1:111122223333:key/1234";

export const QUEUE = "arn:aws:sqs:us-east-1:111122223333:uploads";

/** A rule of Terraform, with what every rule has. */
export const rawRules = (...rules: Record<string, unknown>[]): RawResource => [
  "aws_s3_bucket_lifecycle_configuration",
  {
    bucket: NAME,
    rule: rules.map((rule, index) => ({ id: `r${index}`, status: "Enabled", filter: { prefix: "" }, ...rule })),
  },
];

export const rawReplication = (...rules: Record<string, unknown>[]): RawResource => [
  "aws_s3_bucket_replication_configuration",
  {
    bucket: NAME,
    role: "arn:aws:iam::111122223333:role/copy",
    rule: rules.map((rule, index) => ({
      id: `r${index}`,
      status: "Enabled",
      priority: index,
      filter: { prefix: "" },
      delete_marker_replication: { status: "Disabled" },
      destination: { bucket: ARN },
      ...rule,
    })),
  },
];

export const rawQueue = (arn: string, events: string[], more: object = {}) => ({ queue_arn: arn, events, ...more });

export const rawNotification = (body: object): RawResource => ["aws_s3_bucket_notification", { bucket: NAME, ...body }];

export const rawInventory = (name: string, bucketArn = ARN): RawResource => [
  "aws_s3_bucket_inventory",
  {
    bucket: NAME,
    name,
    included_object_versions: "All",
    schedule: { frequency: "Weekly" },
    destination: { bucket: { bucket_arn: bucketArn, format: "CSV" } },
  },
];

export const rawCors = (...rules: object[]): RawResource => [
  "aws_s3_bucket_cors_configuration",
  { bucket: NAME, cors_rule: rules },
];

export const rawTiering = (...tiering: object[]): RawResource => [
  "aws_s3_bucket_intelligent_tiering_configuration",
  { bucket: NAME, name: "archive", tiering },
];

export const SUSPENDED: RawResource = [
  "aws_s3_bucket_versioning",
  { bucket: NAME, versioning_configuration: { status: "Suspended" } },
];

export const rawLock = (mode: string, retention: object): RawResource => [
  "aws_s3_bucket_object_lock_configuration",
  { bucket: NAME, rule: { default_retention: { mode, ...retention } } },
];

export const rawEncryption = (kms_master_key_id: string): RawResource => [
  "aws_s3_bucket_server_side_encryption_configuration",
  { bucket: NAME, rule: { apply_server_side_encryption_by_default: { sse_algorithm: "aws:kms", kms_master_key_id } } },
];
