import type { IConstruct } from "constructs";
import { report } from "../core/errors";
import { isUnresolved } from "../core/tokens";

const KMS_KEY_ARN = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:(key|alias)\/.+$/;

/**
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
 * @throws ValidationError `InvalidKmsKeyArn`
 */
export function validateKmsKeyArn(arn: string | undefined, name: string, construct: IConstruct): void {
  if (arn === undefined || isUnresolved(arn) || KMS_KEY_ARN.test(arn)) return;
  report(
    construct,
    "InvalidKmsKeyArn",
    `${name} "${arn}" is not the ARN of a key or an alias. Write "arn:aws:kms:eu-central-1:111122223333:key/..."; ` +
      "an id alone would name a key of another account if the writer of an object is there.",
  );
}

/** Region in the ARN of a key. Undefined if only Terraform knows the ARN. */
export function regionOfKmsKey(arn: string): string | undefined {
  return isUnresolved(arn) ? undefined : KMS_KEY_ARN.exec(arn)?.[1];
}

/**
 * Allows the use of a key. A policy can only match the ARN of a key; an alias requires a condition.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
 */
export function keyStatement(arn: string, actions: readonly string[]) {
  const statement = { Effect: "Allow", Action: actions };
  const isAlias = !isUnresolved(arn) && KMS_KEY_ARN.exec(arn)?.[2] === "alias";
  if (!isAlias) return { ...statement, Resource: arn };
  const [place, alias] = arn.split(/:(?=alias\/)/) as [string, string];
  const Condition = { "ForAnyValue:StringEquals": { "kms:ResourceAliases": alias } };
  return { ...statement, Resource: `${place}:key/*`, Condition };
}
