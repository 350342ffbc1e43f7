import type { Duration } from "../core/duration";

/**
 * Opens the archive tiers of S3 Intelligent-Tiering: objects that nobody read for long enough become cheaper still,
 * and have to be restored before they can be read.
 *
 * It concerns only objects that are in the storage class INTELLIGENT_TIERING already. Moving them there is the work of
 * a lifecycle rule, or of whoever uploads them.
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
   * Only objects whose key begins with this.
   * @default - the whole bucket
   */
  readonly prefix?: string;

  /**
   * Days without a read after which an object goes to the Archive Access tier (restored in 3 to 5 hours): 90 to 730.
   * @default - objects do not go there
   */
  readonly archiveAfter?: Duration;

  /**
   * Days without a read after which an object goes to the Deep Archive Access tier (restored within 12 hours):
   * 180 to 730, and more than `archiveAfter`.
   * @default - objects do not go there
   */
  readonly deepArchiveAfter?: Duration;

  /** Why it is fine that objects which nobody read for that long cannot be read at once. */
  readonly allowRetrievalDelay: string;

  /**
   * Who uploads objects directly with the storage class INTELLIGENT_TIERING, if no lifecycle rule moves them there.
   * @default - a lifecycle rule of the bucket with `Tier.intelligent` is required
   */
  readonly uploadedBy?: string;
}
