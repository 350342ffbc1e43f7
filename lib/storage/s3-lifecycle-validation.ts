import type { IConstruct } from "constructs";
import type { ErrorCode } from "../core/error-codes";
import { ValidationError } from "../core/validation-error";
import type { Fail } from "./lifecycle-failure";
import type { LifecycleRule } from "./lifecycle-rule";
import { prefixesOverlap } from "./prefixes";
import { validateFilter } from "./s3-filter-validation";
import { validateLadder } from "./s3-ladder-validation";
import { ABORT_INCOMPLETE_UPLOADS } from "./s3-lifecycle";
import { validateNoncurrentVersions } from "./s3-noncurrent-validation";
import { wholeDays } from "./s3-validation";
import { Tier } from "./tier";

const MAXIMUM_RULES = 1000;

/** What a bucket says about itself that its rules must fit. */
export interface RuledBucket {
  readonly versioned: boolean;
  readonly readAtOnce?: readonly string[];
  /** Whether the construct adds a rule of its own, which takes an id. */
  readonly ownRule?: boolean;
}

/**
 * Refuses lifecycle rules that S3 would refuse, and those that it would take and that would do harm.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html
 */
export function validateLifecycleRules(
  rules: readonly LifecycleRule[],
  bucket: RuledBucket,
  construct: IConstruct,
): void {
  if (rules.length >= MAXIMUM_RULES) {
    throw new ValidationError(
      "TooManyLifecycleRules",
      `a bucket takes ${MAXIMUM_RULES} lifecycle rules, ${ABORT_INCOMPLETE_UPLOADS} among them, got ${rules.length} lifecycleRules. Give the objects tags and filter by those.`,
      construct,
    );
  }
  const ids = new Set((bucket.ownRule ?? true) ? [ABORT_INCOMPLETE_UPLOADS] : []);
  for (const rule of rules) {
    const fail = (code: ErrorCode, message: string): never => {
      throw new ValidationError(code, `Lifecycle rule "${rule.id}": ${message}`, construct);
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
    validateLadder(rule.transitions ?? [], "objects", fail, construct);
    validateExpiry(rule, fail, construct);
    validateNoncurrentVersions(rule, bucket.versioned, fail, construct);
    validateReading(rule, bucket.readAtOnce ?? [], fail);
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
  if (rule.objectTags || rule.objectSizeGreaterThan || rule.objectSizeLessThan) {
    fail(
      "AbortionWithObjectFilter",
      "an upload that is not complete has neither tags nor a size. Filter by prefix, or move abortIncompleteUploadsAfter to a rule of its own.",
    );
  }
}

function validateExpiry(rule: LifecycleRule, fail: Fail, construct: IConstruct): void {
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

function validateReading(rule: LifecycleRule, readAtOnce: readonly string[], fail: Fail): void {
  const slow = rule.transitions?.find(({ tier }) => !tier.s3.readableAtOnce);
  if (!slow) return;
  const read = readAtOnce.find((prefix) => prefixesOverlap(prefix, rule.prefix));
  if (read !== undefined) {
    fail(
      "ArchiveTierOnReadPrefix",
      `moves objects to ${slow.tier} (${slow.tier.s3.id}) after ${slow.after.toDays()} days, and readAtOnce says that an application reads "${read}". ` +
        `Use ${Tier.instantArchive}, or narrow one of the two prefixes.`,
    );
  }
  if (!rule.allowRetrievalDelay?.trim()) {
    fail(
      "RetrievalDelayNotAccepted",
      `moves ${rule.prefix ? `objects under "${rule.prefix}"` : "all objects"} to ${slow.tier} (${slow.tier.s3.id}), ` +
        `where they must be restored before they can be read. Use ${Tier.instantArchive} if an application reads them, ` +
        `narrow the rule with prefix, or say why the delay is fine: allowRetrievalDelay: "...".`,
    );
  }
}
