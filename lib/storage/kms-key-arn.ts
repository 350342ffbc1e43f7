import type { IConstruct } from "constructs";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/validation-error";

const KMS_KEY_ARN = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:(key|alias)\/.+$/;

/**
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
 * @throws ValidationError `InvalidKmsKeyArn`
 */
export function validateKmsKeyArn(arn: string | undefined, name: string, construct: IConstruct): void {
  if (arn === undefined || isUnresolved(arn) || KMS_KEY_ARN.test(arn)) return;
  throw new ValidationError(
    "InvalidKmsKeyArn",
    `${name} "${arn}" is not the ARN of a key or an alias. Write "arn:aws:kms:eu-central-1:111122223333:key/..."; ` +
      "an id alone would name a key of another account when the object's writer has one with that id.",
    construct,
  );
}

/** Region in the ARN of a key; nothing when only Terraform knows the ARN. */
export function regionOfKmsKey(arn: string): string | undefined {
  return isUnresolved(arn) ? undefined : KMS_KEY_ARN.exec(arn)?.[1];
}

/** Whether the ARN names an alias: policies of IAM match the ARN of the key only. */
export function isKmsAlias(arn: string): boolean {
  return !isUnresolved(arn) && KMS_KEY_ARN.exec(arn)?.[2] === "alias";
}
