import type { IConstruct } from "constructs";
import type { Duration } from "../core/duration";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/validation-error";

/**
 * The days of a duration. S3 Lifecycle counts whole days and does its work once a day, at midnight UTC.
 *
 * @throws ValidationError `NotWholeDays`
 */
export function wholeDays(duration: Duration, of: string, construct: IConstruct): number {
  const days = duration.toDays({ integral: false });
  if (!Number.isInteger(days)) {
    throw new ValidationError(
      "NotWholeDays",
      `${of} is ${duration}; S3 counts whole days. Write Duration.days(${Math.ceil(days)}).`,
      construct,
    );
  }
  return days;
}

/**
 * Refuses a prefix that matches no key anybody would write: S3 keys have no leading slash, and prefixes no wildcards.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-filters.html
 * @throws ValidationError `InvalidKeyPrefix`
 */
export function validateKeyPrefix(prefix: string | undefined, of: string, construct: IConstruct): void {
  if (prefix === undefined || isUnresolved(prefix)) return;
  if (prefix.startsWith("/") || prefix.endsWith("*")) {
    throw new ValidationError(
      "InvalidKeyPrefix",
      `${of}: prefix "${prefix}" matches no object: keys have no leading slash, and a prefix has no wildcard. ` +
        `Write "${prefix.replace(/^\/+|\*+$/g, "") || "data/"}", or leave prefix out for the whole bucket.`,
      construct,
    );
  }
}

/**
 * Refuses a name where S3 wants an ARN, and the ARN of anything but a bucket.
 *
 * @throws ValidationError `InvalidBucketArn`
 */
export function validateBucketArn(arn: string, of: string, construct: IConstruct): void {
  if (isUnresolved(arn) || /^arn:aws[a-z-]*:s3:::[a-z0-9.-]{3,63}$/.test(arn)) return;
  throw new ValidationError(
    "InvalidBucketArn",
    `${of} "${arn}" is not the ARN of a bucket. Write "arn:aws:s3:::app-ef-copy", or bucket.bucketArn.`,
    construct,
  );
}
