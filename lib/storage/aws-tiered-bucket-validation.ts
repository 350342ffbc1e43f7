import { TerraformProvider, TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/validation-error";
import { validateAccessLogs } from "./access-logs";
import type { AwsTieredBucketProps } from "./aws-tiered-bucket-props";
import { validateCorsRules } from "./cors-rule";
import { validateDestruction } from "./deletion-protection";
import { validateIntelligentTiering } from "./intelligent-tiering-validation";
import { validateInventories } from "./inventory";
import { regionOfKmsKey, validateKmsKeyArn } from "./kms-key-arn";
import { validateObjectLock } from "./object-lock";
import { validateBucketName } from "./s3-bucket-name";
import { validateLifecycleRules } from "./s3-lifecycle-validation";
import { validateNotifications } from "./s3-notification";
import { validateReplication } from "./s3-replication-validation";
import { wholeDays } from "./s3-validation";

/** Refuses options that S3 would refuse, or that contradict each other. */
export function validateAwsTieredBucket(props: AwsTieredBucketProps, construct: IConstruct): void {
  const { lifecycleRules = [], versioned = true, readAtOnce, objectLock } = props;
  validateBucketName(props.bucketName, construct);
  validateKmsKeyArn(props.kmsKeyArn, "kmsKeyArn", construct);
  validateKmsKeyRegion(props.kmsKeyArn, construct);
  validateDestruction(props, construct);

  validateAbortion(props, construct);
  validateLifecycleRules(
    lifecycleRules,
    { versioned, readAtOnce, ownRule: props.abortIncompleteUploadsAfter !== "never" },
    construct,
  );
  if (props.intelligentTiering) validateIntelligentTiering(props.intelligentTiering, lifecycleRules, construct);
  if (objectLock) {
    validateObjectLock(objectLock, versioned, construct);
    validateExpiryAfterLock(props, construct);
  }
  validateReplication(props.replicationRules ?? [], props, construct);
  if (props.accessLogs) validateAccessLogs(props.accessLogs, props.bucketName, construct);
  validateInventories(props.inventories ?? [], construct);
  validateNotifications(props.notifications ?? [], construct);
  validateCorsRules(props.corsRules ?? [], construct);
}

function validateAbortion({ abortIncompleteUploadsAfter: after }: AwsTieredBucketProps, construct: IConstruct): void {
  if (after && after !== "never" && wholeDays(after, "abortIncompleteUploadsAfter", construct) < 1) {
    throw new ValidationError("ExpirationTooEarly", "abortIncompleteUploadsAfter must be at least 1 day.", construct);
  }
}

/** Lifecycle does not delete what is locked, and tries again every day. */
function validateExpiryAfterLock({ lifecycleRules = [], objectLock }: AwsTieredBucketProps, construct: IConstruct) {
  const locked = objectLock!.retainFor.toDays();
  for (const { id, expireAfter, expireNoncurrentVersionsAfter: expiry } of lifecycleRules) {
    const days = expiry && expiry.toDays() + (expireAfter?.toDays() ?? 0);
    if (days === undefined || days >= locked) continue;
    throw new ValidationError(
      "ExpirationBeforeRetention",
      `Lifecycle rule "${id}": removes versions after ${days} days, and objectLock keeps them for ${locked}. ` +
        `Write expireNoncurrentVersionsAfter: Duration.days(${locked - (expireAfter?.toDays() ?? 0)}) or more.`,
      construct,
    );
  }
}

/**
 * S3 uses keys of the bucket's own region only.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
function validateKmsKeyRegion(arn: string | undefined, construct: IConstruct): void {
  const keyRegion = arn === undefined ? undefined : regionOfKmsKey(arn);
  if (keyRegion === undefined) return;
  const providers = TerraformStack.of(construct).node.findAll().filter(isAwsProvider);
  const regions = providers.map(({ region }) => region);
  // With several providers, only Terraform's own rules say which one makes the bucket.
  if (regions.length !== 1 || regions[0] === undefined || isUnresolved(regions[0]) || regions[0] === keyRegion) return;
  throw new ValidationError(
    "KmsKeyInOtherRegion",
    `kmsKeyArn is a key in ${keyRegion}, and the bucket is made in ${regions[0]}. Use a key in ${regions[0]}, such as a replica of it.`,
    construct,
  );
}

function isAwsProvider(one: IConstruct): one is TerraformProvider & { readonly region?: string } {
  return TerraformProvider.isTerraformProvider(one) && one.terraformResourceType === "aws";
}
