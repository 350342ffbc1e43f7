import type { S3BucketInventoryConfig } from "@cdktf/provider-aws/lib/s3-bucket-inventory";
import type { IConstruct } from "constructs";
import { report } from "../../core/errors";
import { validateBucketArn, validateKeyPrefix } from "../../storage/lifecycle-rule";

/** A list of all objects that S3 writes to another bucket every day or week. */
export interface Inventory {
  /** Name of the list, unique in the bucket: 1 to 64 letters, digits, dots, hyphens and underscores. */
  readonly id: string;

  /** ARN of the bucket that receives the list. It must allow `s3.amazonaws.com` to put objects. */
  readonly destinationBucketArn: string;

  /**
   * Prefix of the keys of the lists.
   * @default - the name of the listed bucket
   */
  readonly destinationPrefix?: string;

  /**
   * Only objects whose key begins with this prefix.
   * @default - all objects
   */
  readonly prefix?: string;

  /** @default "Weekly" */
  readonly frequency?: "Daily" | "Weekly";

  /** @default "Parquet" */
  readonly format?: "CSV" | "ORC" | "Parquet";

  /**
   * Whether old versions are listed too.
   * @default true
   */
  readonly includeVersions?: boolean;
}

const FIELDS = ["Size", "LastModifiedDate", "StorageClass", "ETag", "ReplicationStatus", "EncryptionStatus"];

/** The configuration of `aws_s3_bucket_inventory`. */
export function inventoryConfig(inventory: Inventory): Omit<S3BucketInventoryConfig, "bucket"> {
  const { id, destinationBucketArn, destinationPrefix, prefix } = inventory;
  return {
    name: id,
    includedObjectVersions: (inventory.includeVersions ?? true) ? "All" : "Current",
    schedule: { frequency: inventory.frequency ?? "Weekly" },
    optionalFields: FIELDS,
    filter: prefix === undefined ? undefined : { prefix },
    destination: {
      bucket: {
        bucketArn: destinationBucketArn,
        format: inventory.format ?? "Parquet",
        prefix: destinationPrefix,
        encryption: { sseS3: {} },
      },
    },
  };
}

/**
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_InventoryConfiguration.html
 * @throws ValidationError `InvalidInventoryId`, `DuplicateInventoryId`, `InvalidBucketArn`, `InvalidKeyPrefix`
 */
export function validateInventories(inventories: readonly Inventory[], construct: IConstruct): void {
  const ids = new Set<string>();
  for (const { id, destinationBucketArn, prefix } of inventories) {
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(id)) {
      report(
        construct,
        "InvalidInventoryId",
        `inventory "${id}": an id has 1 to 64 letters, digits, dots, hyphens and underscores.`,
      );
    }
    if (ids.has(id)) {
      report(
        construct,
        "DuplicateInventoryId",
        `two inventories have the id "${id}"; the second would overwrite the first. Give each its own.`,
      );
    }
    ids.add(id);
    validateBucketArn(destinationBucketArn, `inventory "${id}": destinationBucketArn`, construct);
    validateKeyPrefix(prefix, `inventory "${id}"`, construct);
  }
}
