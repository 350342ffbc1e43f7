import type { IConstruct } from "constructs";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/validation-error";

const RULES: ReadonlyArray<readonly [broken: (name: string) => boolean, rule: string]> = [
  [(name) => name.length < 3 || name.length > 63, "must have 3 to 63 characters"],
  [(name) => /[^a-z0-9.-]/.test(name), "may hold lowercase letters, digits, dots and hyphens only"],
  [(name) => !/^[a-z0-9].*[a-z0-9]$/.test(name), "must begin and end with a letter or a digit"],
  [(name) => name.includes(".."), "must not have two dots in a row"],
  [(name) => /^\d+\.\d+\.\d+\.\d+$/.test(name), "must not look like an IP address"],
  [(name) => /^(xn--|sthree-|amzn-s3-demo-)/.test(name), "must not begin with xn--, sthree- or amzn-s3-demo-"],
  [
    (name) => /(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name),
    "must not end with -s3alias, --ol-s3, .mrap, --x-s3 or --table-s3",
  ],
];

/**
 * Refuses a name that S3 would refuse.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 * @throws ValidationError `InvalidBucketName`
 */
export function validateBucketName(name: string, construct: IConstruct): void {
  if (isUnresolved(name)) return;
  const broken = RULES.filter(([isBroken]) => isBroken(name)).map(([, rule]) => rule);
  if (broken.length > 0) {
    throw new ValidationError(
      "InvalidBucketName",
      `bucketName "${name}" ${broken.join(", and ")}. Write a name such as "app-ef-production".`,
      construct,
    );
  }
}
