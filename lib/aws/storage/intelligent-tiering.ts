import type { IConstruct } from "constructs";
import { acknowledgement, isAcknowledged, validateAcknowledgements } from "../../core/acknowledge";
import { type Duration, wholeDays } from "../../core/duration";
import { report } from "../../core/errors";
import { type LifecycleRule, prefixesOverlap, validateKeyPrefix } from "../../storage/lifecycle-rule";
import { Tier } from "../../storage/tier";

/**
 * Enables the archive tiers of S3 Intelligent-Tiering: objects that are not read for long enough become even cheaper,
 * but must be restored before they can be read.
 *
 * Affects only objects that are already in the storage class INTELLIGENT_TIERING. A lifecycle rule or the uploader must
 * move them there.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-intelligent-tiering.html
 */
export interface IntelligentTieringArchive {
  /**
   * Name of the configuration.
   * @default "archive"
   */
  readonly name?: string;

  /**
   * Only objects whose key begins with this prefix.
   * @default - the whole bucket
   */
  readonly prefix?: string;

  /**
   * Days without a read after which an object moves to the Archive Access tier (restored in 3 to 5 hours): 90 to 730.
   * @default - objects do not move there
   */
  readonly archiveAfter?: Duration;

  /**
   * Days without a read after which an object moves to the Deep Archive Access tier (restored within 12 hours): 180 to
   * 730, and more than `archiveAfter`.
   * @default - objects do not move there
   */
  readonly deepArchiveAfter?: Duration;

  /** Why objects that were not read for that long need not be readable at once. */
  readonly acknowledge: Readonly<Record<"RetrievalDelayNotAccepted", string>>;

  /**
   * Who uploads objects directly with the storage class INTELLIGENT_TIERING, if no lifecycle rule moves them there.
   * @default - a lifecycle rule of the bucket with `Tier.intelligent` is required
   */
  readonly uploadedBy?: string;
}

const ARCHIVE_MINIMUM_DAYS = 90;
const DEEP_ARCHIVE_MINIMUM_DAYS = 180;
const MAXIMUM_DAYS = 730;

/**
 * Refuses archive tiers that S3 would refuse, or that would never hold an object.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Tiering.html for the days
 */
export function validateIntelligentTiering(
  tiering: IntelligentTieringArchive,
  rules: readonly LifecycleRule[],
  construct: IConstruct,
): void {
  validateKeyPrefix(tiering.prefix, "intelligentTiering", construct);
  validateDays(tiering, construct);
  if (!isAcknowledged(tiering.acknowledge, "RetrievalDelayNotAccepted")) {
    report(
      construct,
      "RetrievalDelayNotAccepted",
      "intelligentTiering: objects in its tiers must be restored before they can be read. " +
        `Remove intelligentTiering, or say why that is fine: ${acknowledgement("RetrievalDelayNotAccepted")}.`,
    );
  } else validateAcknowledgements(tiering.acknowledge, ["RetrievalDelayNotAccepted"], construct, "intelligentTiering");
  if (
    !tiering.uploadedBy?.trim() &&
    !rules.some((rule) => movesToIntelligent(rule) && prefixesOverlap(rule.prefix, tiering.prefix))
  ) {
    report(
      construct,
      "IntelligentTieringUnreachable",
      `intelligentTiering concerns objects in INTELLIGENT_TIERING only, and no lifecycle rule moves any object ` +
        `${tiering.prefix ? `under "${tiering.prefix}" ` : ""}there. Add the transition ` +
        `{ tier: ${Tier.intelligent}, after: Duration.days(0) } to a rule, or name who uploads them with that storage class in uploadedBy.`,
    );
  }
}

function validateDays({ archiveAfter, deepArchiveAfter }: IntelligentTieringArchive, construct: IConstruct): void {
  if (!archiveAfter && !deepArchiveAfter) {
    report(
      construct,
      "IntelligentTieringEmpty",
      "intelligentTiering opens no tier. Set archiveAfter or deepArchiveAfter, or remove it.",
    );
  }
  inRange(archiveAfter, "archiveAfter", ARCHIVE_MINIMUM_DAYS, construct);
  inRange(deepArchiveAfter, "deepArchiveAfter", DEEP_ARCHIVE_MINIMUM_DAYS, construct);
  if (
    archiveAfter &&
    deepArchiveAfter &&
    deepArchiveAfter.toDays({ integral: false }) <= archiveAfter.toDays({ integral: false })
  ) {
    report(
      construct,
      "IntelligentTieringNotIncreasing",
      `intelligentTiering.deepArchiveAfter is ${deepArchiveAfter.toDays({ integral: false })} days and archiveAfter ${archiveAfter.toDays({ integral: false })}: ` +
        "no object would ever be in the archive tier. Let deepArchiveAfter come later, or remove archiveAfter.",
    );
  }
}

function inRange(value: Duration | undefined, name: string, minimum: number, construct: IConstruct): void {
  if (!value) return;
  const days = wholeDays(value, `intelligentTiering.${name}`, construct);
  if (days < minimum || days > MAXIMUM_DAYS) {
    report(
      construct,
      "IntelligentTieringOutOfRange",
      `intelligentTiering.${name} is ${days} days; S3 takes ${minimum} to ${MAXIMUM_DAYS}.`,
    );
  }
}

function movesToIntelligent(rule: LifecycleRule): boolean {
  return rule.transitions?.some(({ tier }) => tier === Tier.intelligent) ?? false;
}
