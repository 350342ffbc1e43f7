import type { Construct } from "constructs";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ValidationError } from "../core/errors";
import { sternaPackage } from "../core/sterna-package";

/**
 * The zip of a rotation function in this package: `rotator.zip` for AWS Lambda, `google-rotator.zip` for Cloud Run
 * functions.
 *
 * @throws ValidationError `RotatorNotBuilt`
 */
export function rotatorZip(construct: Construct, file: "rotator.zip" | "google-rotator.zip" = "rotator.zip"): string {
  const zip = join(sternaPackage().root, "dist/rotator", file);
  if (existsSync(zip)) return zip;
  throw new ValidationError(
    "RotatorNotBuilt",
    "the zip of the rotation function is missing. In a checkout of Sterna, write it with: node scripts/build.mjs rotator",
    construct,
  );
}

/**
 * Runtime of the rotation function. A test fails a month before AWS ends its support. The provider refuses unknown
 * runtimes: 5.100.0 of `hashicorp/aws` has none after `nodejs22.x`, so the next one needs a newer provider.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
 */
export const ROTATOR_RUNTIME = {
  /** Identifier in AWS Lambda. */
  name: "nodejs22.x",

  /** Date from which AWS no longer patches it. */
  deprecated: "2027-04-30",
} as const;

/**
 * Runtime of the rotation function on Google Cloud. The same test checks it.
 *
 * @see https://cloud.google.com/functions/docs/runtime-support
 */
export const GOOGLE_ROTATOR_RUNTIME = {
  /** Identifier in Cloud Run functions. */
  name: "nodejs22",

  /** Date from which Google no longer supports it. */
  deprecated: "2027-04-30",
} as const;
