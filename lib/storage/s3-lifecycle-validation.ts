import type { IConstruct } from "constructs";
import type { ErrorCode } from "../core/error-codes";
import { ValidationError } from "../core/validation-error";
import type { LifecycleRule, TierTransition } from "./lifecycle-rule";
import { ABORT_INCOMPLETE_UPLOADS } from "./s3-lifecycle";
import { validateKeyPrefix, wholeDays } from "./s3-validation";
import { Tier } from "./tier";

/**
 * Refuses lifecycle rules that S3 would refuse, and those that it would take and that would do harm.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html
 */
export function validateLifecycleRules(
  rules: readonly LifecycleRule[],
  versioned: boolean,
  construct: IConstruct,
): void {
  const ids = new Set([ABORT_INCOMPLETE_UPLOADS]);
  for (const rule of rules) {
    const fail = (code: ErrorCode, message: string): never => {
      throw new ValidationError(code, `Lifecycle rule "${rule.id}": ${message}`, construct);
    };
    if (rule.id.length < 1 || rule.id.length > 255) fail("InvalidLifecycleRuleId", "id must have 1 to 255 characters.");
    if (ids.has(rule.id))
      fail(
        "DuplicateLifecycleRuleId",
        `the bucket has another rule with this id. Give each its own (${ABORT_INCOMPLETE_UPLOADS} is taken).`,
      );
    ids.add(rule.id);

    validateFilter(rule, fail, construct);
    validateActions(rule, versioned, fail);
    validateLadder(rule.transitions ?? [], fail, construct);
    validateExpiry(rule, fail, construct);
    validateReading(rule, fail);
  }
}

type Fail = (code: ErrorCode, message: string) => never;

function validateFilter(rule: LifecycleRule, fail: Fail, construct: IConstruct): void {
  validateKeyPrefix(rule.prefix, `Lifecycle rule "${rule.id}"`, construct);
  const { objectSizeGreaterThan: greater, objectSizeLessThan: less } = rule;
  if (greater && less && less.toBytes() <= greater.toBytes()) {
    fail(
      "EmptySizeRange",
      `no object is larger than ${greater} and smaller than ${less}. Make objectSizeLessThan the larger one.`,
    );
  }
}

function validateActions(rule: LifecycleRule, versioned: boolean, fail: Fail): void {
  const { transitions = [], expireAfter, expireNoncurrentVersionsAfter } = rule;
  if (transitions.length === 0 && !expireAfter && !expireNoncurrentVersionsAfter) {
    fail(
      "EmptyLifecycleRule",
      "does nothing. Give it transitions, expireAfter or expireNoncurrentVersionsAfter, or remove it.",
    );
  }
  if (expireNoncurrentVersionsAfter && !versioned) {
    fail(
      "NoncurrentVersionsWithoutVersioning",
      "expireNoncurrentVersionsAfter concerns old versions, and the bucket keeps none. Remove it, or set versioned: true.",
    );
  }
}

function validateLadder(transitions: readonly TierTransition[], fail: Fail, construct: IConstruct): void {
  let previous: { tier: Tier; days: number } | undefined;
  for (const { tier, after } of transitions) {
    const days = wholeDays(after, `transition to ${tier}`, construct);
    if (days < tier.s3.minimumAge) {
      fail(
        "TransitionTooEarly",
        `moves objects to ${tier} (${tier.s3.id}) after ${days} days; S3 takes them from ${tier.s3.minimumAge} days on. ` +
          `Write after: Duration.days(${tier.s3.minimumAge}) or more.`,
      );
    }
    if (previous) validateRung(previous, { tier, days }, fail);
    previous = { tier, days };
  }
}

function validateRung(from: { tier: Tier; days: number }, to: { tier: Tier; days: number }, fail: Fail): void {
  if (!from.tier.s3.movesTo.includes(to.tier.s3.id)) {
    const allowed = Tier.all.filter((tier) => from.tier.s3.movesTo.includes(tier.s3.id));
    fail(
      "TransitionNotSupported",
      `S3 moves no object from ${from.tier} to ${to.tier}. From ${from.tier} it goes ` +
        `${allowed.length > 0 ? `to ${allowed.join(", ")}` : "nowhere"}. Order the transitions from the warmest tier to the coldest.`,
    );
  }
  if (to.days <= from.days) {
    fail(
      "TransitionsNotIncreasing",
      `moves objects to ${to.tier} after ${to.days} days, but to the warmer ${from.tier} after ${from.days}. Each transition must come later than the one before.`,
    );
  }
  const earliest = from.days + from.tier.s3.minimumStorageDays;
  if (to.days < earliest) {
    fail(
      "TransitionBeforeMinimumStorage",
      `moves objects from ${from.tier} to ${to.tier} after ${to.days - from.days} days; S3 wants them to stay there ` +
        `for ${from.tier.s3.minimumStorageDays}. Write after: Duration.days(${earliest}) or more for ${to.tier}.`,
    );
  }
}

function validateExpiry(rule: LifecycleRule, fail: Fail, construct: IConstruct): void {
  const noncurrent = rule.expireNoncurrentVersionsAfter;
  if (noncurrent && wholeDays(noncurrent, "expireNoncurrentVersionsAfter", construct) < 1) {
    fail("ExpirationTooEarly", "expireNoncurrentVersionsAfter must be at least 1 day.");
  }
  if (!rule.expireAfter) return;
  const days = wholeDays(rule.expireAfter, "expireAfter", construct);
  if (days < 1) fail("ExpirationTooEarly", "expireAfter must be at least 1 day.");
  const last = rule.transitions?.at(-1);
  if (last && days <= last.after.toDays()) {
    fail(
      "ExpirationBeforeTransition",
      `deletes objects after ${days} days, before they move to ${last.tier} after ${last.after.toDays()}. ` +
        `Let expireAfter come later, or remove the transition.`,
    );
  }
}

function validateReading(rule: LifecycleRule, fail: Fail): void {
  const slow = rule.transitions?.find(({ tier }) => !tier.s3.readableAtOnce);
  if (slow && !rule.allowRetrievalDelay?.trim()) {
    fail(
      "RetrievalDelayNotAccepted",
      `moves ${rule.prefix ? `objects under "${rule.prefix}"` : "all objects"} to ${slow.tier} (${slow.tier.s3.id}), ` +
        `where they must be restored before they can be read. Use ${Tier.instantArchive} if an application reads them, ` +
        `narrow the rule with prefix, or say why the delay is fine: allowRetrievalDelay: "...".`,
    );
  }
}
