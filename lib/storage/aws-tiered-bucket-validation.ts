import type { IConstruct } from "constructs";
import { isUnresolved } from "../core/tokens";
import type { Duration } from "../core/duration";
import { ValidationError } from "../core/validation-error";
import type { AwsTieredBucketProps } from "./aws-tiered-bucket-props";
import { validateIntelligentTiering } from "./intelligent-tiering-validation";
import { validateBucketName } from "./s3-bucket-name";
import { validateLifecycleRules } from "./s3-lifecycle-validation";
import { wholeDays } from "./s3-validation";

const KMS_KEY_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)\/.+$/;

/** Refuses options that S3 would refuse, or that contradict each other. */
export function validateAwsTieredBucket(props: AwsTieredBucketProps, construct: IConstruct): void {
  validateBucketName(props.bucketName, construct);
  validateKmsKeyArn(props.kmsKeyArn, construct);
  validateDestruction(props, construct);

  validateAbortion(props.abortIncompleteUploadsAfter, construct);
  const rules = props.lifecycleRules ?? [];
  validateLifecycleRules(rules, props.versioned ?? true, construct);
  if (props.intelligentTiering) validateIntelligentTiering(props.intelligentTiering, rules, construct);
}

function validateAbortion(after: Duration | undefined, construct: IConstruct): void {
  if (after && wholeDays(after, "abortIncompleteUploadsAfter", construct) < 1) {
    throw new ValidationError("ExpirationTooEarly", "abortIncompleteUploadsAfter must be at least 1 day.", construct);
  }
}

function validateKmsKeyArn(arn: string | undefined, construct: IConstruct): void {
  if (arn === undefined || isUnresolved(arn) || KMS_KEY_ARN.test(arn)) return;
  throw new ValidationError(
    "InvalidKmsKeyArn",
    `kmsKeyArn "${arn}" is not the ARN of a key or an alias. Write "arn:aws:kms:eu-central-1:111122223333:key/..."; ` +
      "an id alone would name a key of another account when the object's writer has one with that id.",
    construct,
  );
}

function validateDestruction({ allowDestroy, forceDestroy }: AwsTieredBucketProps, construct: IConstruct): void {
  if (allowDestroy !== undefined && !allowDestroy.trim()) {
    throw new ValidationError(
      "DestroyWithoutReason",
      "allowDestroy is empty. Say why the bucket may be destroyed, or leave it out.",
      construct,
    );
  }
  if (forceDestroy && allowDestroy === undefined) {
    throw new ValidationError(
      "ForceDestroyNotAllowed",
      "forceDestroy deletes all objects with the bucket, and the bucket is protected. " +
        'Say why it may be destroyed, allowDestroy: "...", or remove forceDestroy.',
      construct,
    );
  }
}
