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
