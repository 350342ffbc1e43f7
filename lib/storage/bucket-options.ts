import type { IConstruct } from "constructs";
import { acknowledgement, type Acknowledgements, validateAcknowledgements } from "../core/acknowledge";
import type { Duration } from "../core/duration";
import { report } from "../core/errors";
import { isUnresolved } from "../core/tokens";
import type { LifecycleRule } from "./lifecycle-rule";

/** A CORS rule: which web pages of other origins may read and write the objects of a bucket. */
export interface CorsRule {
  /** Origins such as `https://app.example.org`. Each may contain one `*`, which matches any text. */
  readonly allowedOrigins: readonly string[];

  /** Methods that pages may use. */
  readonly allowedMethods: readonly CorsMethod[];

  /**
   * Headers that pages may send. S3 only; Google Cloud Storage uses `exposedHeaders` for both.
   * @default - only those that CORS always allows
   */
  readonly allowedHeaders?: readonly string[];

  /**
   * Response headers that pages may read.
   * @default - only those that CORS always allows
   */
  readonly exposedHeaders?: readonly string[];

  /**
   * How long a browser caches the permission, in whole seconds.
   * @default Duration.hours(1)
   */
  readonly maxAge?: Duration;
}

/** A method that a CORS rule can allow. */
export type CorsMethod = "GET" | "PUT" | "POST" | "DELETE" | "HEAD";

const METHODS: readonly string[] = ["GET", "PUT", "POST", "DELETE", "HEAD"] satisfies CorsMethod[];

/**
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 * @see https://cloud.google.com/storage/docs/cross-origin
 * @throws ValidationError `TooManyCorsRules`, `EmptyCorsRule`, `InvalidCorsMethod`, `InvalidCorsOrigin`
 */
export function validateCorsRules(rules: readonly CorsRule[], construct: IConstruct): void {
  if (rules.length > 100) {
    report(construct, "TooManyCorsRules", `a bucket takes 100 corsRules, got ${rules.length}.`);
  }
  for (const { allowedMethods, allowedOrigins } of rules) {
    if (allowedMethods.length === 0 || allowedOrigins.length === 0) {
      const missing = allowedMethods.length === 0 ? "allowedMethods" : "allowedOrigins";
      report(construct, "EmptyCorsRule", `a CORS rule with empty ${missing} allows nothing.`);
    }
    for (const method of allowedMethods.filter((method) => !METHODS.includes(method))) {
      report(
        construct,
        "InvalidCorsMethod",
        `a bucket answers to no method "${method}". Write one of ${METHODS.join(", ")}; OPTIONS needs no rule.`,
      );
    }
    for (const origin of allowedOrigins.filter((origin) => origin.split("*").length > 2 || /.\/$/.test(origin))) {
      report(
        construct,
        "InvalidCorsOrigin",
        `"${origin}" is no origin: it takes one "*" and ends before the path. Write "https://app.example.org".`,
      );
    }
  }
}

/** Where requests to a bucket are logged. */
export interface AccessLogs {
  /**
   * Name of the bucket that receives the logs. It must allow the cloud's log service to write, and must not be this
   * one.
   */
  readonly bucketName: string;

  /**
   * Prefix of the keys of the logs.
   * @default - the name of the logged bucket and a slash
   */
  readonly prefix?: string;
}

/**
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html (a bucket that logs into itself)
 * @throws ValidationError `LogsIntoItself`
 */
export function validateAccessLogs(logs: AccessLogs, bucketName: string, construct: IConstruct): void {
  if (isUnresolved(logs.bucketName) || logs.bucketName !== bucketName) return;
  report(
    construct,
    "LogsIntoItself",
    `accessLogs.bucketName is "${bucketName}" itself: each log that is written would be logged again. Name another bucket.`,
  );
}

/** Options of buckets on both clouds. */
export interface TieredBucketBaseProps {
  /**
   * What happens to objects as they age.
   * @default - objects stay where they were uploaded and are never deleted
   */
  readonly lifecycleRules?: readonly LifecycleRule[];

  /**
   * Days after which the parts of an incomplete upload are removed. `"never"` leaves them to the rules.
   * @default Duration.days(7)
   */
  readonly abortIncompleteUploadsAfter?: Duration | "never";

  /**
   * Whether replaced and deleted objects are kept as old versions.
   * @default true
   */
  readonly versioned?: boolean;

  /**
   * CORS rules of the bucket. Terraform: `cors_rule`, `cors`; CDK: `cors`.
   * @default - none
   */
  readonly corsRules?: readonly CorsRule[];

  /**
   * Former paths of this construct in its stack, such as `storage/files`: its resources are kept instead of recreated.
   * @default - it was never moved
   */
  readonly previously?: readonly string[];

  /**
   * Why Terraform may destroy the bucket. Without a reason for `DestroyWithoutReason`, every plan that would destroy it
   * fails (`prevent_destroy`). CDK: `removalPolicy`.
   * @default - the bucket cannot be destroyed
   */
  readonly acknowledge?: Acknowledgements<"DestroyWithoutReason">;

  /**
   * Whether destroying the bucket also deletes all objects in it. Needs a reason for `DestroyWithoutReason`.
   * Terraform: `force_destroy`; CDK: `autoDeleteObjects`.
   * @default false
   */
  readonly forceDestroy?: boolean;
}

/** Options of a bucket about its destruction. */
export type Destruction = Pick<TieredBucketBaseProps, "acknowledge" | "forceDestroy">;

/** @throws ValidationError `DestroyWithoutReason`, `ForceDestroyNotAllowed`, `NothingToAcknowledge` */
export function validateDestruction({ acknowledge, forceDestroy }: Destruction, construct: IConstruct): void {
  validateAcknowledgements(acknowledge, ["DestroyWithoutReason"], construct);
  if (forceDestroy && acknowledge?.DestroyWithoutReason === undefined) {
    report(
      construct,
      "ForceDestroyNotAllowed",
      "forceDestroy deletes all objects with the bucket, and the bucket is protected. " +
        `Say why it may be destroyed, ${acknowledgement("DestroyWithoutReason")}, or remove forceDestroy.`,
    );
  }
}
