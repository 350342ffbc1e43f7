import type { IConstruct } from "constructs";
import type { Fail } from "./lifecycle-failure";
import type { LifecycleRule } from "./lifecycle-rule";
import { validateLadder } from "./s3-ladder-validation";
import { wholeDays } from "./s3-validation";

const MAXIMUM_KEPT = 100;

/**
 * Refuses what S3 does not do with old versions.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_NoncurrentVersionExpiration.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html for delete markers
 */
export function validateNoncurrentVersions(
  rule: LifecycleRule,
  versioned: boolean,
  fail: Fail,
  construct: IConstruct,
): void {
  const { noncurrentTransitions = [], expireNoncurrentVersionsAfter: expiry, keepNoncurrentVersions: kept } = rule;
  if (!versioned && (expiry || noncurrentTransitions.length > 0)) {
    const option = expiry ? "expireNoncurrentVersionsAfter" : "noncurrentTransitions";
    fail(
      "NoncurrentVersionsWithoutVersioning",
      `${option} concerns old versions, and the bucket keeps none. Remove it, or set versioned: true.`,
    );
  }
  validateLadder(noncurrentTransitions, "old versions", fail, construct);
  if (expiry && wholeDays(expiry, "expireNoncurrentVersionsAfter", construct) < 1) {
    fail("ExpirationTooEarly", "expireNoncurrentVersionsAfter must be at least 1 day.");
  }
  const last = noncurrentTransitions.at(-1);
  if (expiry && last && expiry.toDays() <= last.after.toDays()) {
    fail(
      "NoncurrentExpirationBeforeTransition",
      `removes old versions after ${expiry.toDays()} days, before they move to ${last.tier} after ${last.after.toDays()}. ` +
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
