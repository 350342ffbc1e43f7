import { Annotations } from "cdktf";
import type { IConstruct } from "constructs";
import type { Acknowledgements } from "../core/acknowledge";
import type { Duration } from "../core/duration";
import type { ErrorCode } from "../core/error-codes";
import { report } from "../core/errors";
import type { Size } from "../core/size";
import { isUnresolved } from "../core/tokens";
import type { Tier } from "./tier";

/** One transition: the age from which objects are stored in a tier. */
export interface TierTransition {
  /** Tier that the objects move to. */
  readonly tier: Tier;

  /** Age of the object, in whole days since its creation. */
  readonly after: Duration;
}

/** One transition of old versions. */
export interface NoncurrentTierTransition extends TierTransition {
  /**
   * How many of the newest old versions of each object are not moved: 1 to 100 on S3. Terraform:
   * `newer_noncurrent_versions`.
   * @default - none
   */
  readonly keepNoncurrentVersions?: number;
}

/** What happens to objects of a bucket as they age. A rule must have an effect. */
export interface LifecycleRule {
  /** Name of the rule, 1 to 255 characters, unique in the bucket. */
  readonly id: string;

  /**
   * Only objects whose key begins with this prefix. Keys have no leading slash, and there are no wildcards.
   * @default - the whole bucket
   */
  readonly prefix?: string;

  /**
   * Only objects with all of these tags.
   * @default - any tags
   */
  readonly objectTags?: Readonly<Record<string, string>>;

  /**
   * Only objects larger than this.
   * @default - any size; see `transitionDefaultMinimumObjectSize` for what S3 does with small ones
   */
  readonly objectSizeGreaterThan?: Size;

  /**
   * Only objects smaller than this.
   * @default - any size
   */
  readonly objectSizeLessThan?: Size;

  /**
   * The transitions, in any order. Terraform: `transition`; CDK and S3: `transitions`.
   * @default - objects are not moved
   */
  readonly transitions?: readonly TierTransition[];

  /**
   * Age at which objects are deleted, in whole days. In a versioned bucket the last version becomes noncurrent.
   * Terraform and CDK: `expiration`.
   * @default - objects are kept
   */
  readonly expireAfter?: Duration;

  /**
   * Time after which a replaced or deleted version is removed permanently, in whole days. In a bucket with `versioned:
   * false`, it removes earlier versions. Terraform: `noncurrent_version_expiration`; CDK:
   * `noncurrentVersionExpiration`.
   * @default - old versions are kept
   */
  readonly expireNoncurrentVersionsAfter?: Duration;

  /**
   * The transitions of replaced or deleted versions. `after` counts from the day of the replacement or deletion.
   * Terraform: `noncurrent_version_transition`; CDK: `noncurrentVersionTransitions`.
   * @default - old versions are not moved
   */
  readonly noncurrentTransitions?: readonly NoncurrentTierTransition[];

  /**
   * How many of the newest old versions of each object `expireNoncurrentVersionsAfter` keeps: 1 to 100 on S3. On Google
   * Cloud it also works alone: all older ones are removed, at any age. Terraform: `newer_noncurrent_versions`,
   * `num_newer_versions`; CDK: `noncurrentVersionsToRetain`.
   * @default - none
   */
  readonly keepNoncurrentVersions?: number;

  /**
   * Whether expired delete markers (no versions remain) are removed, since they slow down listings. S3 only: Google
   * Cloud Storage has no delete markers. Terraform: `expired_object_delete_marker`; CDK: `expiredObjectDeleteMarker`.
   * @default false
   */
  readonly removeExpiredDeleteMarkers?: boolean;

  /**
   * Days after which the parts of an incomplete upload are removed, for this prefix only. Terraform:
   * `abort_incomplete_multipart_upload`; CDK: `abortIncompleteMultipartUploadAfter`.
   * @default - `abortIncompleteUploadsAfter` of the bucket
   */
  readonly abortIncompleteUploadsAfter?: Duration;

  /**
   * Whether the rule is active.
   * @default true
   */
  readonly enabled?: boolean;

  /**
   * Why objects of this rule need not be readable at once. Without it, tiers that require a restore (`Tier.archive`,
   * `Tier.deepArchive`) are refused: an application that reads such an object would get an error
   * (`InvalidObjectState`), months after the rule was written.
   * @default - tiers that cannot be read at once are refused
   */
  readonly acknowledge?: Acknowledgements<"RetrievalDelayNotAccepted">;
}

/**
 * Refuses a prefix that matches no realistic key: S3 keys have no leading slash, and prefixes no wildcards.
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
 * Refuses a name if S3 expects an ARN, and the ARN of anything but a bucket.
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

/** Reports a mistake, with the name of the rule. */
export type Fail = (code: ErrorCode, message: string) => void;

/** Whether a key can begin with both prefixes. The empty prefix matches every key. */
export function prefixesOverlap(a = "", b = ""): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

/**
 * Transitions by age. Both clouds accept them in any order, so `transitions` is sorted if the result is valid.
 * Otherwise it keeps its order, for the messages about it.
 *
 * @param moves whether the cloud can move objects from one tier to another
 */
export function sortedByAge<Transition extends TierTransition>(
  transitions: readonly Transition[],
  moves: (from: Tier, to: Tier) => boolean,
): readonly Transition[] {
  const days = ({ after }: TierTransition) => after.toDays({ integral: false });
  const sorted = [...transitions].sort((one, other) => days(one) - days(other));
  return sorted.every(({ tier }, index) => index === 0 || moves(sorted[index - 1]!.tier, tier)) ? sorted : transitions;
}

/**
 * Warns of a rule about old versions in a bucket that no longer creates any. Both clouds apply it to the versions from
 * the time when the bucket was versioned.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_NoncurrentVersionExpiration.html ("enabled (or suspended)")
 */
export function warnOfOldVersions(rule: LifecycleRule, construct: IConstruct): void {
  if (!rule.expireNoncurrentVersionsAfter && !rule.noncurrentTransitions?.length) return;
  Annotations.of(construct).addWarning(
    `Lifecycle rule "${rule.id}" concerns old versions, and the bucket makes no new ones (versioned: false): the rule only affects versions from before. Set versioned: true if the bucket is to keep versions.`,
  );
}
