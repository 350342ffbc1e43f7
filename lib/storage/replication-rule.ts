import type { Tier } from "./tier";

/** Copies each new version of an object to another bucket, usually in another region. */
export interface ReplicationRule {
  /** Name of the rule, 1 to 255 characters, unique in the bucket. */
  readonly id: string;

  /** ARN of the bucket that gets the copies. It must keep versions. */
  readonly destinationBucketArn: string;

  /**
   * Which rule wins where two concern the same object and destination: the one with the larger number.
   * @default - the position in the list, 0 for the first
   */
  readonly priority?: number;

  /**
   * Only objects whose key begins with this.
   * @default - the whole bucket
   */
  readonly prefix?: string;

  /**
   * Only objects with all of these tags.
   * @default - whatever their tags
   */
  readonly objectTags?: Readonly<Record<string, string>>;

  /**
   * Where the copies are kept.
   * @default - in the storage class of the original
   */
  readonly destinationTier?: Tier;

  /**
   * ARN of the KMS key, in the region of the destination, that encrypts the copies. Required when the bucket itself has
   * a `kmsKeyArn`: S3 leaves such objects out silently otherwise.
   * @default - the default encryption of the destination
   */
  readonly destinationKmsKeyArn?: string;

  /**
   * Whether deleting an object here deletes it there. Old versions stay.
   * @default false
   */
  readonly replicateDeletes?: boolean;

  /**
   * Whether S3 promises that copies are there within 15 minutes, measures it, and is paid for it (Replication Time
   * Control).
   * @default false
   */
  readonly within15Minutes?: boolean;

  /**
   * Id of the account that owns the destination; it also becomes the owner of the copies.
   * @default - the account of this bucket
   */
  readonly destinationAccount?: string;
}
