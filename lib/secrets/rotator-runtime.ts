/**
 * What the rotation function runs on. A test fails some time before AWS ends its support.
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
