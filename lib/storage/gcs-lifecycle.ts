import type { StorageBucketLifecycleRule } from "@cdktf/provider-google/lib/storage-bucket";
import { Duration } from "../core/duration";
import type { LifecycleRule, TierTransition } from "./lifecycle-rule";

type Condition = StorageBucketLifecycleRule["condition"];

/**
 * The `lifecycle_rule` blocks of `google_storage_bucket`: one for each action, since a rule of Google Cloud has a single
 * one, and names do not exist there.
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
      condition: { ...filter, ...sinceNoncurrent(transition.after) },
    })),
    ...(expireAfter ? [deletion({ ...filter, ...age(expireAfter), withState: "LIVE" })] : []),
    ...(expiry
      ? [deletion({ ...filter, ...sinceNoncurrent(expiry), ...newerVersions(rule.keepNoncurrentVersions) })]
      : []),
    ...(rule.abortIncompleteUploadsAfter ? [abortion(filter, rule.abortIncompleteUploadsAfter)] : []),
  ];
}

/** Only tiers that exist on Google Cloud get here. */
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
 * Whether a zero is sent is always written down: the provider cannot tell it from a missing age by itself. With the
 * wrong answer a condition without an age applies to every object, or one of day 0 to none.
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

/** One more than are kept: for the newest old version, the live one is newer. */
function newerVersions(kept: number | undefined): Condition {
  return kept === undefined ? {} : { numNewerVersions: kept + 1 };
}
