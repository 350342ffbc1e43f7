import type { StorageBucketLifecycleRule } from "@cdktf/provider-google/lib/storage-bucket";
import { Annotations } from "cdktf";
import type { IConstruct } from "constructs";
import { Duration, wholeDays } from "../../core/duration";
import type { ErrorCode } from "../../core/error-codes";
import { report } from "../../core/errors";
import {
  type LifecycleRule,
  type TierTransition,
  type Fail,
  sortedByAge,
  validateKeyPrefix,
  warnOfOldVersions,
} from "../../storage/lifecycle-rule";
import { Tier } from "../../storage/tier";

type Condition = StorageBucketLifecycleRule["condition"];

/**
 * The `lifecycle_rule` blocks of `google_storage_bucket`: one for each action, since a rule on Google Cloud has one
 * action and no name.
 */
export function gcsLifecycleRules(
  rules: readonly LifecycleRule[],
  abortIncompleteUploadsAfter: Duration | "never" = Duration.days(7),
): StorageBucketLifecycleRule[] {
  const blocks = rules.filter(({ enabled = true }) => enabled).flatMap(lifecycleRuleBlocks);
  if (abortIncompleteUploadsAfter === "never") return blocks;
  return [...blocks, abortion({}, abortIncompleteUploadsAfter)];
}

function lifecycleRuleBlocks(rule: LifecycleRule): StorageBucketLifecycleRule[] {
  const filter: Condition = rule.prefix === undefined ? {} : { matchesPrefix: [rule.prefix] };
  const { transitions = [], noncurrentTransitions = [], expireAfter, expireNoncurrentVersionsAfter: expiry } = rule;
  return [
    ...transitions.map((transition) => ({
      action: move(transition),
      condition: { ...filter, ...age(transition.after), withState: "LIVE" },
    })),
    ...noncurrentTransitions.map((transition) => ({
      action: move(transition),
      condition: {
        ...filter,
        ...sinceNoncurrent(transition.after),
        ...newerVersions(transition.keepNoncurrentVersions),
      },
    })),
    ...(expireAfter ? [deletion({ ...filter, ...age(expireAfter), withState: "LIVE" })] : []),
    ...(expiry || rule.keepNoncurrentVersions !== undefined
      ? [
          deletion({
            ...filter,
            ...(expiry ? sinceNoncurrent(expiry) : { sendAgeIfZero: false, withState: "ARCHIVED" }),
            ...newerVersions(rule.keepNoncurrentVersions),
          }),
        ]
      : []),
    ...(rule.abortIncompleteUploadsAfter ? [abortion(filter, rule.abortIncompleteUploadsAfter)] : []),
  ];
}

/** Whether Google Cloud can move objects from one tier to another: only to a colder one. */
function moves(from: Tier, to: Tier): boolean {
  return from.gcs !== undefined && to.gcs !== undefined && from.gcs.minimumStorageDays < to.gcs.minimumStorageDays;
}

/** Only tiers that exist on Google Cloud reach this point. */
function move({ tier }: TierTransition): StorageBucketLifecycleRule["action"] {
  return { type: "SetStorageClass", storageClass: tier.gcs!.id };
}

function deletion(condition: Condition): StorageBucketLifecycleRule {
  return { action: { type: "Delete" }, condition };
}

function abortion(filter: Condition, after: Duration): StorageBucketLifecycleRule {
  return { action: { type: "AbortIncompleteMultipartUpload" }, condition: { ...filter, ...age(after) } };
}

/**
 * Always sets whether a zero is sent, since the provider cannot tell it from a missing age. With the wrong setting, a
 * condition without an age applies to every object, or a condition with day 0 to none.
 *
 * @see https://github.com/hashicorp/terraform-provider-google/issues/17219
 * @see https://github.com/hashicorp/terraform-provider-google/issues/14044
 */
function age(after: Duration): Condition {
  return { age: after.toDays(), sendAgeIfZero: after.toDays() === 0 };
}

function sinceNoncurrent(after: Duration): Condition {
  return {
    daysSinceNoncurrentTime: after.toDays(),
    sendDaysSinceNoncurrentTimeIfZero: after.toDays() === 0,
    sendAgeIfZero: false,
    withState: "ARCHIVED",
  };
}

/** One more than are kept: the live version also counts as newer. */
function newerVersions(kept: number | undefined): Condition {
  return kept === undefined ? {} : { numNewerVersions: kept + 1 };
}

const MAXIMUM_BLOCKS = 100;

/**
 * Refuses lifecycle rules that Google Cloud Storage would refuse, and harmful ones that it would accept.
 *
 * @param versioned whether the bucket keeps old versions
 * @param autoclass whether Google moves the objects
 * @see https://cloud.google.com/storage/docs/lifecycle
 * @see https://cloud.google.com/storage/docs/autoclass#restrictions
 */
export function validateLifecycleRules(
  rules: readonly LifecycleRule[],
  { versioned, autoclass }: { readonly versioned: boolean; readonly autoclass: boolean },
  construct: IConstruct,
): void {
  const ids = new Set<string>();
  for (const rule of rules) {
    const fail = (code: ErrorCode, message: string): void => {
      report(construct, code, `Lifecycle rule "${rule.id}": ${message}`);
    };
    if (ids.has(rule.id)) fail("DuplicateLifecycleRuleId", "the bucket has another rule with this id.");
    ids.add(rule.id);
    validateKeyPrefix(rule.prefix, `Lifecycle rule "${rule.id}"`, construct);
    validateFilters(rule, fail);
    const transitions = sortedByAge(rule.transitions ?? [], moves);
    const noncurrentTransitions = sortedByAge(rule.noncurrentTransitions ?? [], moves);
    if (autoclass && transitions.length + noncurrentTransitions.length > 0) {
      fail("AutoclassWithTransitions", "moves objects, and so does autoclass. Remove one of the two.");
    }
    validateGoogleLadder(transitions, fail, construct);
    validateGoogleLadder(noncurrentTransitions, fail, construct);
    validateEnds(rule, versioned, fail, construct);
  }
}

/**
 * Google counts blocks. A rule has one for each action.
 *
 * @see https://cloud.google.com/storage/quotas#buckets
 * @throws ValidationError `TooManyLifecycleRules`
 */
export function validateBlockCount(blocks: number, construct: IConstruct): void {
  if (blocks <= MAXIMUM_BLOCKS) return;
  report(
    construct,
    "TooManyLifecycleRules",
    `lifecycleRules make ${blocks} rules of Google Cloud, one for each action; a bucket takes ${MAXIMUM_BLOCKS}. Use fewer prefixes.`,
  );
}

function validateFilters(rule: LifecycleRule, fail: Fail): void {
  if (Object.keys(rule.objectTags ?? {}).length > 0) {
    fail("FilterNotOnGoogle", "objectTags: objects of Google Cloud have no tags. Filter by prefix.");
  }
  if (rule.objectSizeGreaterThan || rule.objectSizeLessThan) {
    fail("FilterNotOnGoogle", "the provider knows no filter by size for Google Cloud. Filter by prefix.");
  }
  if (rule.removeExpiredDeleteMarkers) {
    fail("FilterNotOnGoogle", "removeExpiredDeleteMarkers: Google Cloud has no delete markers. Remove it.");
  }
}

function validateGoogleLadder(transitions: readonly TierTransition[], fail: Fail, construct: IConstruct): void {
  let previous: { tier: Tier; days: number } | undefined;
  for (const { tier, after } of transitions) {
    const days = wholeDays(after, `transition to ${tier}`, construct);
    if (!tier.gcs) {
      const instead = tier === Tier.intelligent ? "set autoclass" : `use ${Tier.archive}, the coldest there`;
      fail("TierNotOnGoogle", `${tier} does not exist on Google Cloud; ${instead}.`);
      continue;
    }
    if (previous && !moves(previous.tier, tier)) {
      fail(
        "TransitionNotSupported",
        `Google Cloud moves no object from ${previous.tier} to ${tier}. Order the transitions from the warmest tier to the coldest.`,
      );
    } else if (previous && days <= previous.days) {
      fail(
        "TransitionsNotIncreasing",
        `moves objects to ${tier} after ${days} days, but to the warmer ${previous.tier} after ${previous.days}. Each transition must come later than the one before.`,
      );
    }
    previous = { tier, days };
  }
}

function validateEnds(rule: LifecycleRule, versioned: boolean, fail: Fail, construct: IConstruct): void {
  const { expireAfter, expireNoncurrentVersionsAfter: expiry, keepNoncurrentVersions: kept } = rule;
  const transitions = sortedByAge(rule.transitions ?? [], moves);
  const noncurrentTransitions = sortedByAge(rule.noncurrentTransitions ?? [], moves);
  if (!transitions.length && !noncurrentTransitions.length && !expireAfter && !expiry && kept === undefined) {
    if (!rule.abortIncompleteUploadsAfter) fail("EmptyLifecycleRule", "does nothing. Give it an action, or remove it.");
  }
  if (!versioned) warnOfOldVersions(rule, construct);
  for (const each of [kept, ...noncurrentTransitions.map(({ keepNoncurrentVersions }) => keepNoncurrentVersions)]) {
    if (each === undefined || (Number.isInteger(each) && each >= 0)) continue;
    fail("NoncurrentVersionsOutOfRange", `keepNoncurrentVersions is ${each}; Google Cloud takes 0 or more.`);
  }
  for (const [end, last, option] of [
    [expireAfter, transitions.at(-1), "expireAfter"],
    [expiry, noncurrentTransitions.at(-1), "expireNoncurrentVersionsAfter"],
  ] as const) {
    if (!end) continue;
    const days = wholeDays(end, option, construct);
    if (last && days <= last.after.toDays({ integral: false })) {
      fail(
        option === "expireAfter" ? "ExpirationBeforeTransition" : "NoncurrentExpirationBeforeTransition",
        `${option} is ${days} days, and objects move to ${last.tier} after ${last.after.toDays({ integral: false })}. Let it come later, or remove the transition.`,
      );
    }
    // Google's documentation uses this to empty buckets:
    // https://cloud.google.com/storage/docs/deleting-objects#bulk-delete
    if (days < 1) {
      const what = option === "expireAfter" ? "every object" : "every old version";
      Annotations.of(construct).addWarning(
        `Lifecycle rule "${rule.id}": ${option} of 0 days deletes ${what} that the rule matches, within about a day.`,
      );
    }
  }
}
