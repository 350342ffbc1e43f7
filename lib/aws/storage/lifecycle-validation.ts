import { wholeDays } from "../../core/duration";
import type { IConstruct } from "constructs";
import { acknowledgement, isAcknowledged, validateAcknowledgements } from "../../core/acknowledge";
import type { ErrorCode } from "../../core/error-codes";
import { report } from "../../core/errors";
import {
  type Fail,
  type LifecycleRule,
  prefixesOverlap,
  sortedByAge,
  validateKeyPrefix,
  type TierTransition,
  warnOfOldVersions,
} from "../../storage/lifecycle-rule";
import { Tier } from "../../storage/tier";
import { ABORT_INCOMPLETE_UPLOADS } from "./bucket-tiering";

const MAXIMUM_RULES = 1000;

/** Properties of a bucket that its rules must fit. */
export interface RuledBucket {
  readonly versioned: boolean;
  readonly readAtOnce?: readonly string[];
  /** Whether the construct adds its own rule, which uses an id. */
  readonly ownRule?: boolean;
}

/**
 * Refuses lifecycle rules that S3 would refuse, and harmful ones that it would accept.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html
 */
export function validateLifecycleRules(
  rules: readonly LifecycleRule[],
  bucket: RuledBucket,
  construct: IConstruct,
): void {
  const ids = new Set((bucket.ownRule ?? true) ? [ABORT_INCOMPLETE_UPLOADS] : []);
  if (rules.length + ids.size > MAXIMUM_RULES) {
    const among = ids.size > 0 ? `, ${ABORT_INCOMPLETE_UPLOADS} among them` : "";
    report(
      construct,
      "TooManyLifecycleRules",
      `a bucket takes ${MAXIMUM_RULES} lifecycle rules${among}, got ${rules.length} lifecycleRules. Tag the objects and filter by tags.`,
    );
  }
  for (const rule of rules) {
    const fail = (code: ErrorCode, message: string): void => {
      report(construct, code, `Lifecycle rule "${rule.id}": ${message}`);
    };
    if (rule.id.length < 1 || rule.id.length > 255) fail("InvalidLifecycleRuleId", "id must have 1 to 255 characters.");
    if (ids.has(rule.id)) {
      fail(
        "DuplicateLifecycleRuleId",
        `the bucket has another rule with this id. Give each its own (${ABORT_INCOMPLETE_UPLOADS} is taken).`,
      );
    }
    ids.add(rule.id);

    validateFilter(rule, fail, construct);
    validateActions(rule, fail, construct);
    validateLadder(ladder(rule.transitions), "objects", fail, construct);
    validateExpiry(rule, fail, construct);
    validateNoncurrentVersions(rule, bucket.versioned, fail, construct);
    validateReading(rule, bucket.readAtOnce ?? [], fail, construct);
  }
}

function validateActions(rule: LifecycleRule, fail: Fail, construct: IConstruct): void {
  const acts =
    (rule.transitions?.length ?? 0) > 0 ||
    (rule.noncurrentTransitions?.length ?? 0) > 0 ||
    rule.expireAfter ||
    rule.expireNoncurrentVersionsAfter ||
    rule.keepNoncurrentVersions !== undefined ||
    rule.removeExpiredDeleteMarkers ||
    rule.abortIncompleteUploadsAfter;
  if (!acts) {
    fail(
      "EmptyLifecycleRule",
      "does nothing. Give it transitions, expireAfter or expireNoncurrentVersionsAfter, or remove it.",
    );
  }
  const abortion = rule.abortIncompleteUploadsAfter;
  if (!abortion) return;
  if (wholeDays(abortion, "abortIncompleteUploadsAfter", construct) < 1) {
    fail("ExpirationTooEarly", "abortIncompleteUploadsAfter must be at least 1 day.");
  }
  if (Object.keys(rule.objectTags ?? {}).length > 0 || rule.objectSizeGreaterThan || rule.objectSizeLessThan) {
    fail(
      "AbortionWithObjectFilter",
      "an incomplete upload has neither tags nor a size. Filter by prefix, or move abortIncompleteUploadsAfter to a rule of its own.",
    );
  }
}

function validateExpiry(rule: LifecycleRule, fail: Fail, construct: IConstruct): void {
  if (!rule.expireAfter) return;
  const days = wholeDays(rule.expireAfter, "expireAfter", construct);
  if (days < 1) fail("ExpirationTooEarly", "expireAfter must be at least 1 day.");
  const last = ladder(rule.transitions).at(-1);
  if (last && days <= last.after.toDays({ integral: false })) {
    fail(
      "ExpirationBeforeTransition",
      `deletes objects after ${days} days, before they move to ${last.tier} after ${last.after.toDays({ integral: false })}. ` +
        `Let expireAfter come later, or remove the transition.`,
    );
  }
}

function validateReading(rule: LifecycleRule, readAtOnce: readonly string[], fail: Fail, construct: IConstruct): void {
  const slow = rule.transitions?.find(({ tier }) => !tier.s3.readableAtOnce);
  if (!slow || isAcknowledged(rule.acknowledge, "RetrievalDelayNotAccepted")) {
    validateAcknowledgements(
      rule.acknowledge,
      ["RetrievalDelayNotAccepted"],
      construct,
      `lifecycleRules["${rule.id}"]`,
    );
  }
  if (!slow) return;
  const read = readAtOnce.find((prefix) => prefixesOverlap(prefix, rule.prefix));
  if (read !== undefined) {
    fail(
      "ArchiveTierOnReadPrefix",
      `moves objects to ${slow.tier} (${slow.tier.s3.id}) after ${slow.after.toDays({ integral: false })} days, and readAtOnce says that an application reads "${read}". ` +
        `Use ${Tier.instantArchive}, or narrow one of the two prefixes.`,
    );
  }
  if (!isAcknowledged(rule.acknowledge, "RetrievalDelayNotAccepted")) {
    fail(
      "RetrievalDelayNotAccepted",
      `moves ${rule.prefix ? `objects under "${rule.prefix}"` : "all objects"} to ${slow.tier} (${slow.tier.s3.id}), ` +
        `where they must be restored before they can be read. Use ${Tier.instantArchive} if an application reads them, ` +
        `narrow the rule with prefix, or say why the delay is fine: ${acknowledgement("RetrievalDelayNotAccepted")}.`,
    );
  }
}

const MAXIMUM_TAGS = 10;

/**
 * Refuses a filter that matches no object, or that S3 does not accept.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-filters.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html for the tags
 */
function validateFilter(rule: LifecycleRule, fail: Fail, construct: IConstruct): void {
  validateKeyPrefix(rule.prefix, `Lifecycle rule "${rule.id}"`, construct);
  const { objectSizeGreaterThan: greater, objectSizeLessThan: less } = rule;
  if (greater && less && less.toBytes() <= greater.toBytes()) {
    fail(
      "EmptySizeRange",
      `no object is larger than ${greater} and smaller than ${less}. Make objectSizeLessThan the larger one.`,
    );
  }
  const tags = Object.entries(rule.objectTags ?? {});
  if (tags.length > MAXIMUM_TAGS) {
    fail("TooManyObjectTags", `filters by ${tags.length} objectTags, and an object has ${MAXIMUM_TAGS} at most.`);
  }
  for (const [key, value] of tags) {
    if (key.length < 1 || key.length > 128 || value.length > 256 || key.startsWith("aws:")) {
      fail(
        "InvalidObjectTag",
        `no object has the tag "${key}"="${value}": a key has 1 to 128 characters and does not begin with "aws:", a value has 256 at most.`,
      );
    }
  }
}

/** Whether S3 can move objects from one tier to another. */
function moves(from: Tier, to: Tier): boolean {
  return from.s3.movesTo.includes(to.s3.id);
}

function ladder<Transition extends TierTransition>(transitions: readonly Transition[] = []): readonly Transition[] {
  return sortedByAge(transitions, moves);
}

interface Rung {
  readonly tier: Tier;
  readonly days: number;
}

/**
 * Refuses transitions that S3 does not support.
 *
 * @param what `objects` or `old versions`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 */
function validateLadder(transitions: readonly TierTransition[], what: string, fail: Fail, construct: IConstruct): void {
  let previous: Rung | undefined;
  for (const { tier, after } of transitions) {
    const days = wholeDays(after, `transition to ${tier}`, construct);
    // One message for each transition: a different number of days fixes the rest, too.
    if (days < tier.s3.minimumAge) {
      fail(
        "TransitionTooEarly",
        `moves ${what} to ${tier} (${tier.s3.id}) after ${days} days; S3 takes them from ${tier.s3.minimumAge} days on. ` +
          `Write after: Duration.days(${tier.s3.minimumAge}) or more.`,
      );
    } else if (previous) validateRung(previous, { tier, days }, what, fail);
    previous = { tier, days };
  }
}

function validateRung(from: Rung, to: Rung, what: string, fail: Fail): void {
  const earliest = from.days + from.tier.s3.minimumStorageDays;
  if (!moves(from.tier, to.tier)) {
    const allowed = Tier.all.filter((tier) => moves(from.tier, tier));
    fail(
      "TransitionNotSupported",
      `S3 moves no object from ${from.tier} to ${to.tier}. From ${from.tier} it goes ` +
        `${allowed.length > 0 ? `to ${allowed.join(", ")}` : "nowhere"}. Order the transitions from the warmest tier to the coldest.`,
    );
  } else if (to.days <= from.days) {
    fail(
      "TransitionsNotIncreasing",
      `moves ${what} to ${to.tier} after ${to.days} days, but to the warmer ${from.tier} after ${from.days}. Each transition must come later than the one before.`,
    );
  } else if (to.days < earliest) {
    fail(
      "TransitionBeforeMinimumStorage",
      `moves ${what} from ${from.tier} to ${to.tier} after ${to.days - from.days} days; S3 wants them to stay there ` +
        `for ${from.tier.s3.minimumStorageDays}. Write after: Duration.days(${earliest}) or more for ${to.tier}.`,
    );
  }
}

const MAXIMUM_KEPT = 100;

/**
 * Refuses what S3 does not support for old versions.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_NoncurrentVersionExpiration.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html for delete markers
 */
function validateNoncurrentVersions(rule: LifecycleRule, versioned: boolean, fail: Fail, construct: IConstruct): void {
  const { expireNoncurrentVersionsAfter: expiry, keepNoncurrentVersions: kept } = rule;
  const noncurrentTransitions = ladder(rule.noncurrentTransitions);
  if (!versioned) warnOfOldVersions(rule, construct);
  for (const { keepNoncurrentVersions } of noncurrentTransitions) {
    if (keepNoncurrentVersions !== undefined) validateKept(keepNoncurrentVersions, true, fail);
  }
  validateLadder(noncurrentTransitions, "old versions", fail, construct);
  if (expiry && wholeDays(expiry, "expireNoncurrentVersionsAfter", construct) < 1) {
    fail("ExpirationTooEarly", "expireNoncurrentVersionsAfter must be at least 1 day.");
  }
  const last = noncurrentTransitions.at(-1);
  if (expiry && last && expiry.toDays({ integral: false }) <= last.after.toDays({ integral: false })) {
    fail(
      "NoncurrentExpirationBeforeTransition",
      `removes old versions after ${expiry.toDays({ integral: false })} days, before they move to ${last.tier} after ${last.after.toDays({ integral: false })}. ` +
        "Let expireNoncurrentVersionsAfter come later, or remove the transition.",
    );
  }
  if (kept !== undefined) validateKept(kept, expiry !== undefined, fail);
  validateDeleteMarkers(rule, fail);
}

function validateKept(kept: number, expires: boolean, fail: Fail): void {
  if (!Number.isInteger(kept) || kept < 1 || kept > MAXIMUM_KEPT) {
    fail("NoncurrentVersionsOutOfRange", `keepNoncurrentVersions is ${kept}; S3 takes 1 to ${MAXIMUM_KEPT}.`);
  }
  if (!expires) {
    fail(
      "NoncurrentVersionsKeptAnyway",
      "keepNoncurrentVersions says what expireNoncurrentVersionsAfter leaves alone, and that is missing. Add it, or remove keepNoncurrentVersions.",
    );
  }
}

function validateDeleteMarkers(rule: LifecycleRule, fail: Fail): void {
  if (!rule.removeExpiredDeleteMarkers) return;
  if (rule.expireAfter) {
    fail(
      "DeleteMarkersWithExpiry",
      "S3 takes expireAfter or removeExpiredDeleteMarkers in one rule. expireAfter removes expired delete markers of that age by itself: remove the other one.",
    );
  }
  if (Object.keys(rule.objectTags ?? {}).length > 0) {
    fail(
      "DeleteMarkersWithTags",
      "a delete marker has no tags. Filter by prefix, or remove removeExpiredDeleteMarkers.",
    );
  }
}
