import type { S3BucketReplicationConfigurationRule } from "@cdktf/provider-aws/lib/s3-bucket-replication-configuration";
import type { ReplicationRule } from "./replication-rule";

/** The rules of `aws_s3_bucket_replication_configuration`. */
export function replicationConfigurationRules(
  rules: readonly ReplicationRule[],
  encryptedWithOwnKey: boolean,
): S3BucketReplicationConfigurationRule[] {
  return rules.map((rule, index) => ({
    id: rule.id,
    priority: rule.priority ?? index,
    status: "Enabled",
    filter: replicationFilter(rule),
    deleteMarkerReplication: { status: enabled(rule.replicateDeletes ?? false) },
    sourceSelectionCriteria: encryptedWithOwnKey ? { sseKmsEncryptedObjects: { status: "Enabled" } } : undefined,
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
    // The only threshold that S3 knows, and one wants the other.
    ...(rule.within15Minutes && {
      replicationTime: { status: "Enabled", time: { minutes: 15 } },
      metrics: { status: "Enabled", eventThreshold: { minutes: 15 } },
    }),
  };
}

/**
 * One criterion by itself, several in `and`.
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
