import type { IConstruct } from "constructs";
import type { Acknowledgements } from "../core/acknowledge";
import type { Duration } from "../core/duration";
import type { ErrorCode } from "../core/error-codes";
import { report } from "../core/errors";
import type { Size } from "../core/size";
import { isUnresolved } from "../core/tokens";
import type { Tier } from "./tier";

/** One rung of a ladder: from which age on objects are kept in a tier. */
export interface TierTransition {
  /** Where the objects go. */
  readonly tier: Tier;

  /** Age of the object, in whole days since it was created. */
  readonly after: Duration;
}

/** What happens to objects of a bucket as they grow older. A rule must do something. */
export interface LifecycleRule {
  /** Name of the rule, 1 to 255 characters, unique in the bucket. */
  readonly id: string;

  /**
   * Only objects whose key begins with this. Keys have no leading slash, and there are no wildcards.
   * @default - the whole bucket
   */
  readonly prefix?: string;

  /**
   * Only objects with all of these tags.
   * @default - whatever their tags
   */
  readonly objectTags?: Readonly<Record<string, string>>;

  /**
   * Only objects larger than this.
   * @default - whatever their size; see `transitionDefaultMinimumObjectSize` for what S3 does with small ones
   */
  readonly objectSizeGreaterThan?: Size;

  /**
   * Only objects smaller than this.
   * @default - whatever their size
   */
  readonly objectSizeLessThan?: Size;

  /**
   * The ladder, warmest tier first. Terraform: `transition`; CDK and S3: `transitions`.
   * @default - objects stay where they were uploaded
   */
  readonly transitions?: readonly TierTransition[];

  /**
   * Age at which objects are deleted, in whole days. In a versioned bucket the last version becomes noncurrent.
   * Terraform and CDK: `expiration`.
   * @default - objects are kept
   */
  readonly expireAfter?: Duration;

  /**
   * Time after which a version that was replaced or deleted is removed for good, in whole days. Needs a versioned bucket.
   * Terraform: `noncurrent_version_expiration`; CDK: `noncurrentVersionExpiration`.
   * @default - old versions are kept
   */
  readonly expireNoncurrentVersionsAfter?: Duration;

  /**
   * The ladder of versions that were replaced or deleted; `after` counts from that day on. Needs a versioned bucket.
   * Terraform: `noncurrent_version_transition`; CDK: `noncurrentVersionTransitions`.
   * @default - old versions stay where they are
   */
  readonly noncurrentTransitions?: readonly TierTransition[];

  /**
   * How many of the newest old versions of each object `expireNoncurrentVersionsAfter` leaves alone: 1 to 100.
   * Terraform: `newer_noncurrent_versions`; CDK: `noncurrentVersionsToRetain`.
   * @default - none
   */
  readonly keepNoncurrentVersions?: number;

  /**
   * Whether delete markers that no version is left behind are removed. Without it they stay for ever, and slow listings
   * down. S3 only: Google Cloud Storage has none. Terraform: `expired_object_delete_marker`; CDK:
   * `expiredObjectDeleteMarker`.
   * @default false
   */
  readonly removeExpiredDeleteMarkers?: boolean;

  /**
   * Days after which the parts of an upload that was never completed are removed, for this prefix alone.
   * Terraform: `abort_incomplete_multipart_upload`; CDK: `abortIncompleteMultipartUploadAfter`.
   * @default - `abortIncompleteUploadsAfter` of the bucket
   */
  readonly abortIncompleteUploadsAfter?: Duration;

  /**
   * Whether the rule is carried out.
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Why it is fine that objects of this rule cannot be read at once. Tiers that must be restored first
   * (`Tier.archive`, `Tier.deepArchive`) are refused without it: an application that reads such an object gets an error
   * (`InvalidObjectState`), months after the rule was written.
   * @default - tiers that cannot be read at once are refused
   */
  readonly acknowledge?: Acknowledgements<"RetrievalDelayNotAccepted">;
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
    report(
      construct,
      "InvalidKeyPrefix",
      `${of}: prefix "${prefix}" matches no object: keys have no leading slash, and a prefix has no wildcard. ` +
        `Write "${prefix.replace(/^\/+|\*+$/g, "") || "data/"}", or leave prefix out for the whole bucket.`,
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
  report(
    construct,
    "InvalidBucketArn",
    `${of} "${arn}" is not the ARN of a bucket. Write "arn:aws:s3:::app-ef-copy", or bucket.bucketArn.`,
  );
}

/** Reports a mistake, and names the rule. */
export type Fail = (code: ErrorCode, message: string) => void;

/** Whether some key can begin with both prefixes. Nothing is the prefix of every key. */
export function prefixesOverlap(a = "", b = ""): boolean {
  return a.startsWith(b) || b.startsWith(a);
}
