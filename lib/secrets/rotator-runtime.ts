/**
 * What the rotation function runs on. A test fails a month before AWS ends its support. The provider refuses what it does
 * not know: 5.100.0 of `hashicorp/aws` knows none after `nodejs22.x`, so the next one comes with a newer provider.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
 */
export const ROTATOR_RUNTIME = {
  /** Identifier of AWS Lambda. */
  name: "nodejs22.x",

  /** Day from which AWS no longer patches it. */
  deprecated: "2027-04-30",
} as const;

/**
 * What the rotation function of Google Cloud runs on. The same test looks at it.
 *
 * @see https://cloud.google.com/functions/docs/runtime-support
 */
export const GOOGLE_ROTATOR_RUNTIME = {
  /** Identifier of Cloud Run functions. */
  name: "nodejs22",

  /** Day from which Google no longer supports it. */
  deprecated: "2027-04-30",
} as const;
