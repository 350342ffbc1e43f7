import { Annotations } from "cdktf";
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

/** One rung of a ladder of old versions. */
export interface NoncurrentTierTransition extends TierTransition {
  /**
   * How many of the newest old versions of each object stay where they are: 1 to 100 on S3. Terraform:
   * `newer_noncurrent_versions`.
   * @default - none
   */
  readonly keepNoncurrentVersions?: number;
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
   * The ladder, in any order. Terraform: `transition`; CDK and S3: `transitions`.
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
   * Time after which a version that was replaced or deleted is removed for good, in whole days. In a bucket with
   * `versioned: false` it removes the versions from before.
   * Terraform: `noncurrent_version_expiration`; CDK: `noncurrentVersionExpiration`.
   * @default - old versions are kept
   */
  readonly expireNoncurrentVersionsAfter?: Duration;

  /**
   * The ladder of versions that were replaced or deleted; `after` counts from that day on.
   * Terraform: `noncurrent_version_transition`; CDK: `noncurrentVersionTransitions`.
   * @default - old versions stay where they are
   */
  readonly noncurrentTransitions?: readonly NoncurrentTierTransition[];

  /**
   * How many of the newest old versions of each object `expireNoncurrentVersionsAfter` leaves alone: 1 to 100 on S3. On
   * Google Cloud it also works alone: all older ones are removed, whatever their age. Terraform:
   * `newer_noncurrent_versions`, `num_newer_versions`; CDK: `noncurrentVersionsToRetain`.
   * @default - none
   */
  readonly keepNoncurrentVersions?: number;

  /**
   * Whether expired delete markers, those without any remaining version, are removed. They slow down listings otherwise.
   * S3 only: Google Cloud Storage has none. Terraform: `expired_object_delete_marker`; CDK: `expiredObjectDeleteMarker`.
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

/**
 * Transitions by age. Both clouds take them in any order, so `transitions` is sorted if that makes a ladder; otherwise
 * it stays as written, for the messages about it.
 *
 * @param moves whether the cloud moves objects from one tier to another
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
 * Warns of a rule about old versions of a bucket that makes no new ones. Both clouds carry it out: it removes or moves
 * the versions from the time when the bucket made them.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_NoncurrentVersionExpiration.html ("enabled (or suspended)")
 */
export function warnOfOldVersions(rule: LifecycleRule, construct: IConstruct): void {
  if (!rule.expireNoncurrentVersionsAfter && !rule.noncurrentTransitions?.length) return;
  Annotations.of(construct).addWarning(
    `Lifecycle rule "${rule.id}" concerns old versions, and the bucket makes no new ones (versioned: false): the rule only affects versions from before. Set versioned: true if the bucket is to keep versions.`,
  );
}
