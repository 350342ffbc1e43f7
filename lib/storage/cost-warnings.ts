import { Annotations } from "cdktf";
import type { IConstruct } from "constructs";
import { type LifecycleRule, prefixesOverlap, type TierTransition } from "./lifecycle-rule";
import type { Tier } from "./tier";

/** Prices of a tier on the cloud of the bucket. */
export interface TierCost {
  readonly id: string;
  readonly minimumStorageDays: number;
  /** US dollars per gigabyte and month. */
  readonly storagePrice: number;
  /** US dollars per gigabyte read. */
  readonly retrievalPrice: number;
  /** Minimum size in kilobytes that is billed for a smaller object. */
  readonly minimumBilledKibibytes?: number;
}

const DAYS_OF_A_MONTH = 30;
const BYTES_OF_A_KIBIBYTE = 1024;

/** Properties of a bucket that affect the cost of a rule. */
export interface CostlyBucket {
  readonly lifecycleRules: readonly LifecycleRule[];
  readonly readAtOnce: readonly string[];
  /** Prices of a tier on this cloud. */
  costOf(tier: Tier): TierCost | undefined;
}

/**
 * Warns of rules that are valid but cost more than they seem to: objects billed after they are deleted, small objects
 * billed as large ones, and retrieval fees.
 *
 * @see https://aws.amazon.com/s3/pricing/
 * @see https://cloud.google.com/storage/pricing
 */
export function warnOfCosts(bucket: CostlyBucket, construct: IConstruct): void {
  for (const rule of bucket.lifecycleRules) {
    for (const warning of costWarnings(rule, bucket)) Annotations.of(construct).addWarning(warning);
  }
}

/** The warnings about one rule. */
export function costWarnings(rule: LifecycleRule, { costOf, readAtOnce }: CostlyBucket): string[] {
  const named = (text: string) => `Lifecycle rule "${rule.id}": ${text} Prices are list prices of 2025 in US regions.`;
  return [
    ...earlyDeletion(rule, costOf).map(named),
    ...smallObjects(rule, costOf).map(named),
    ...retrieval(rule, costOf, readAtOnce).map(named),
  ];
}

function earlyDeletion(rule: LifecycleRule, costOf: CostlyBucket["costOf"]): string[] {
  const ends = [
    { last: lastByAge(rule.transitions), expiry: rule.expireAfter },
    { last: lastByAge(rule.noncurrentTransitions), expiry: rule.expireNoncurrentVersionsAfter },
  ];
  return ends.flatMap(({ last, expiry }) => {
    const cost = last && costOf(last.tier);
    if (!last || !cost || !expiry) return [];
    const kept = expiry.toDays() - last.after.toDays();
    const unused = cost.minimumStorageDays - kept;
    if (unused <= 0) return [];
    const price = dollars((cost.storagePrice * unused * 1024) / DAYS_OF_A_MONTH);
    return [
      `objects are deleted after ${kept} days in ${last.tier} (${cost.id}), which is paid for ${cost.minimumStorageDays} days: ` +
        `${price} for each TiB after it is deleted. Delete them ${unused} days later, or leave the transition out.`,
    ];
  });
}

function smallObjects(rule: LifecycleRule, costOf: CostlyBucket["costOf"]): string[] {
  // Without a size filter, S3 does not move objects smaller than 128 KiB.
  if (!rule.objectSizeGreaterThan && !rule.objectSizeLessThan) return [];
  const from = rule.objectSizeGreaterThan?.toBytes() ?? 0;
  for (const { tier } of rule.transitions ?? []) {
    const cost = costOf(tier);
    const billed = (cost?.minimumBilledKibibytes ?? 0) * BYTES_OF_A_KIBIBYTE;
    if (!cost || from >= billed) continue;
    const price = dollars((cost.storagePrice * 1_000_000 * billed) / 1024 ** 3);
    return [
      `its size filter lets objects below 128 KiB into ${tier} (${cost.id}), where each is paid for as 128 KiB: a million of them costs ${price} a month, whatever their size. ` +
        "Write objectSizeGreaterThan: Size.kibibytes(128).",
    ];
  }
  return [];
}

function retrieval(rule: LifecycleRule, costOf: CostlyBucket["costOf"], readAtOnce: readonly string[]): string[] {
  const read = readAtOnce.find((prefix) => prefixesOverlap(prefix, rule.prefix));
  if (read === undefined) return [];
  return [lastByAge(rule.transitions) ?? []].flat().flatMap(({ tier }) => {
    const cost = costOf(tier);
    if (!cost || cost.retrievalPrice === 0) return [];
    return [
      `an application reads "${read}", and reading from ${tier} (${cost.id}) costs ${dollars(cost.retrievalPrice * 1024)} for each TiB, ` +
        `as much as storing it there for ${Math.round((cost.retrievalPrice / cost.storagePrice) * 10) / 10} months.`,
    ];
  });
}

/** The transition to the coldest tier. The list can be in any order. */
function lastByAge(transitions: readonly TierTransition[] = []): TierTransition | undefined {
  return [...transitions].sort((one, other) => one.after.toDays() - other.after.toDays()).at(-1);
}

function dollars(amount: number): string {
  return `$${amount.toFixed(2)}`;
}
