import type { S3BucketReplicationConfigurationRule } from "@cdktf/provider-aws/lib/s3-bucket-replication-configuration";
import type { Tier } from "../../storage/tier";

/** Copies each new version of an object to another bucket, usually in another region. */
export interface ReplicationRule {
  /** Name of the rule, 1 to 255 characters, unique in the bucket. */
  readonly id: string;

  /** ARN of the bucket that receives the copies. It must be versioned. */
  readonly destinationBucketArn: string;

  /**
   * If two rules match the same object and destination, the one with the higher priority applies.
   * @default - the position in the list, 0 for the first
   */
  readonly priority?: number;

  /**
   * Only objects whose key begins with this prefix.
   * @default - the whole bucket
   */
  readonly prefix?: string;

  /**
   * Only objects with all of these tags.
   * @default - any tags
   */
  readonly objectTags?: Readonly<Record<string, string>>;

  /**
   * Storage class of the copies.
   * @default - the storage class of the original
   */
  readonly destinationTier?: Tier;

  /**
   * ARN of the KMS key, in the region of the destination, that encrypts the copies of KMS-encrypted objects. Other
   * objects get the default encryption of the destination. Required if the bucket has a `kmsKeyArn`, unless
   * `kmsEncryptedObjects` is `leave`.
   * @default - KMS-encrypted objects are not copied
   */
  readonly destinationKmsKeyArn?: string;

  /**
   * Whether KMS-encrypted objects are copied (`replicate`) or left out (`leave`). Terraform:
   * `source_selection_criteria.sse_kms_encrypted_objects`.
   * @default "replicate" if the rule has a `destinationKmsKeyArn`
   */
  readonly kmsEncryptedObjects?: "replicate" | "leave";

  /**
   * ARNs of KMS keys, other than the bucket's `kmsKeyArn`, that may encrypt objects: the role may decrypt with them.
   * @default - `kmsKeyArn` of the bucket only
   */
  readonly sourceKmsKeyArns?: readonly string[];

  /**
   * Whether deleting an object here also deletes the copy. Old versions stay.
   * @default false
   */
  readonly replicateDeletes?: boolean;

  /**
   * Whether to enable Replication Time Control: S3 promises and measures replication within 15 minutes, at a charge.
   * @default false
   */
  readonly within15Minutes?: boolean;

  /**
   * Id of the account that owns the destination. It also becomes the owner of the copies.
   * @default - the account of this bucket
   */
  readonly destinationAccount?: string;
}

/** The rules of `aws_s3_bucket_replication_configuration`. */
export function replicationConfigurationRules(
  rules: readonly ReplicationRule[],
): S3BucketReplicationConfigurationRule[] {
  return rules.map((rule, index) => ({
    id: rule.id,
    priority: rule.priority ?? index,
    status: "Enabled",
    filter: replicationFilter(rule),
    deleteMarkerReplication: { status: enabled(rule.replicateDeletes ?? false) },
    // S3 refuses a key for the copies without it, even in a bucket whose default encryption is SSE-S3
    // (https://docs.aws.amazon.com/AmazonS3/latest/API/API_SourceSelectionCriteria.html).
    sourceSelectionCriteria:
      rule.destinationKmsKeyArn === undefined ? undefined : { sseKmsEncryptedObjects: { status: "Enabled" } },
    destination: replicationDestination(rule),
  }));
}

function replicationDestination(rule: ReplicationRule): S3BucketReplicationConfigurationRule["destination"] {
  const { destinationAccount, destinationKmsKeyArn } = rule;
  return {
    bucket: rule.destinationBucketArn,
    storageClass: rule.destinationTier?.s3.id,
    ...(destinationAccount && { account: destinationAccount, accessControlTranslation: { owner: "Destination" } }),
    ...(destinationKmsKeyArn && { encryptionConfiguration: { replicaKmsKeyId: destinationKmsKeyArn } }),
    // The only threshold that S3 supports. Each of the two settings requires the other.
    ...(rule.within15Minutes && {
      replicationTime: { status: "Enabled", time: { minutes: 15 } },
      metrics: { status: "Enabled", eventThreshold: { minutes: 15 } },
    }),
  };
}

/**
 * S3 expects a single criterion directly, and several in `and`.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationRuleFilter.html
 */
function replicationFilter({
  prefix,
  objectTags = {},
}: ReplicationRule): NonNullable<S3BucketReplicationConfigurationRule["filter"]> {
  const tags = Object.entries(objectTags);
  if (tags.length === 0) return { prefix: prefix ?? "" };
  if (tags.length > 1 || prefix !== undefined) return { and: { prefix, tags: { ...objectTags } } };
  return { tag: { key: tags[0]![0], value: tags[0]![1] } };
}

function enabled(value: boolean): string {
  return value ? "Enabled" : "Disabled";
}
