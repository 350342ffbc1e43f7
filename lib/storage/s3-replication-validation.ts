import type { IConstruct } from "constructs";
import type { ErrorCode } from "../core/error-codes";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/validation-error";
import type { AwsTieredBucketProps } from "./aws-tiered-bucket-props";
import { validateKmsKeyArn } from "./kms-key-arn";
import type { ReplicationRule } from "./replication-rule";
import { validateBucketArn, validateKeyPrefix } from "./s3-validation";

const MAXIMUM_RULES = 1000;

/**
 * Refuses replication that S3 would refuse, or that would leave objects out without a word.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-marker-replication.html
 */
export function validateReplication(
  rules: readonly ReplicationRule[],
  props: AwsTieredBucketProps,
  construct: IConstruct,
): void {
  if (rules.length === 0) return;
  if (props.versioned === false) {
    throw new ValidationError(
      "ReplicationWithoutVersioning",
      "replicationRules copy versions, and the bucket keeps none (versioned: false). Remove one of the two.",
      construct,
    );
  }
  if (rules.length > MAXIMUM_RULES) {
    throw new ValidationError(
      "TooManyReplicationRules",
      `a bucket takes ${MAXIMUM_RULES} replicationRules, got ${rules.length}.`,
      construct,
    );
  }
  const ids = new Set<string>();
  const priorities = new Set<number>();
  rules.forEach((rule, index) => {
    const fail = (code: ErrorCode, message: string): never => {
      throw new ValidationError(code, `Replication rule "${rule.id}": ${message}`, construct);
    };
    if (ids.has(rule.id)) fail("DuplicateReplicationRuleId", "the bucket has another rule with this id.");
    ids.add(rule.id);
    const priority = rule.priority ?? index;
    if (priorities.has(priority)) {
      fail("DuplicateReplicationPriority", `another rule has priority ${priority} too. Give each its own.`);
    }
    priorities.add(priority);
    validateRule(rule, props, fail, construct);
  });
}

function validateRule(
  rule: ReplicationRule,
  { bucketName, kmsKeyArn }: AwsTieredBucketProps,
  fail: (code: ErrorCode, message: string) => never,
  construct: IConstruct,
): void {
  const { destinationBucketArn, destinationKmsKeyArn, destinationAccount } = rule;
  validateBucketArn(destinationBucketArn, `Replication rule "${rule.id}": destinationBucketArn`, construct);
  validateKeyPrefix(rule.prefix, `Replication rule "${rule.id}"`, construct);
  validateKmsKeyArn(destinationKmsKeyArn, "destinationKmsKeyArn", construct);
  if (!isUnresolved(destinationBucketArn) && destinationBucketArn.endsWith(`:::${bucketName}`)) {
    fail("ReplicationToItself", `copies "${bucketName}" to itself. Name another bucket.`);
  }
  if (kmsKeyArn !== undefined && destinationKmsKeyArn === undefined) {
    fail(
      "ReplicationKeyMissing",
      "the objects are encrypted with kmsKeyArn, and S3 copies none of them without destinationKmsKeyArn, a key in the region of the destination.",
    );
  }
  if (rule.replicateDeletes && Object.keys(rule.objectTags ?? {}).length > 0) {
    fail(
      "DeleteReplicationWithTags",
      "S3 copies no delete markers where a rule filters by objectTags. Filter by prefix, or remove replicateDeletes.",
    );
  }
  if (destinationAccount !== undefined && !isUnresolved(destinationAccount) && !/^\d{12}$/.test(destinationAccount)) {
    fail("InvalidAccountId", `destinationAccount "${destinationAccount}" is no account id: it has 12 digits.`);
  }
}
