import type { IConstruct } from "constructs";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/validation-error";

const RULES: ReadonlyArray<readonly [broken: (name: string) => boolean, rule: string]> = [
  [
    (name) => name.length < 3 || name.length > (name.includes(".") ? 222 : 63),
    "must have 3 to 63 characters (222 with dots)",
  ],
  [
    (name) => name.split(".").some((part) => part.length < 1 || part.length > 63),
    "must have 1 to 63 characters between dots",
  ],
  [(name) => /[^a-z0-9._-]/.test(name), "may hold lowercase letters, digits, dots, hyphens and underscores only"],
  [(name) => !/^[a-z0-9].*[a-z0-9]$/.test(name), "must begin and end with a letter or a digit"],
  [(name) => /^\d+\.\d+\.\d+\.\d+$/.test(name), "must not look like an IP address"],
  [(name) => /^goog|g[o0]{2}g[l1]e/.test(name), 'must not begin with "goog" or hold "google" or what looks like it'],
];

/**
 * Refuses a name that Google Cloud Storage would refuse.
 *
 * @see https://cloud.google.com/storage/docs/buckets#naming
 * @throws ValidationError `InvalidGoogleBucketName`
 */
export function validateGoogleBucketName(name: string, construct: IConstruct): void {
  if (isUnresolved(name)) return;
  const broken = RULES.filter(([isBroken]) => isBroken(name)).map(([, rule]) => rule);
  if (broken.length === 0) return;
  throw new ValidationError(
    "InvalidGoogleBucketName",
    `bucketName "${name}" ${broken.join(", and ")}. Write a name such as "app-ef-production".`,
    construct,
  );
}
