import type { S3BucketConfig } from "@cdktf/provider-aws/lib/s3-bucket";
import type { S3BucketIntelligentTieringConfigurationConfig } from "@cdktf/provider-aws/lib/s3-bucket-intelligent-tiering-configuration";
import type { S3BucketLifecycleConfigurationConfig } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import type { S3BucketOwnershipControlsConfig } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import type { S3BucketPolicyConfig } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import type { S3BucketPublicAccessBlockConfig } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import type { S3BucketServerSideEncryptionConfigurationAConfig } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import type { S3BucketVersioningAConfig } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import type { Duration } from "../core/duration";
import type { Transform } from "../core/transform";
import type { IntelligentTieringArchive } from "./intelligent-tiering";
import type { LifecycleRule } from "./lifecycle-rule";

/** Options of `AwsTieredBucket`. */
export interface AwsTieredBucketProps {
  /** Name of the bucket, unique in all of AWS. Follows the naming rules of S3. */
  readonly bucketName: string;

  /**
   * What happens to objects as they grow older.
   * @default - objects stay where they were uploaded and are never deleted
   */
  readonly lifecycleRules?: readonly LifecycleRule[];

  /**
   * Archive tiers for objects that are in S3 Intelligent-Tiering.
   * @default - Intelligent-Tiering uses the tiers that can be read at once, only
   */
  readonly intelligentTiering?: IntelligentTieringArchive;

  /**
   * Which objects the transitions leave alone because of their size, unless a rule has a size filter:
   * `all_storage_classes_128K` those below 128 KiB, `varies_by_storage_class` the same except for `Tier.archive` and
   * `Tier.deepArchive`, which take any. Always written down, because S3 changes it behind one's back otherwise.
   * @default "all_storage_classes_128K"
   * @see https://github.com/hashicorp/terraform-provider-aws/issues/41073
   */
  readonly transitionDefaultMinimumObjectSize?: "all_storage_classes_128K" | "varies_by_storage_class";

  /**
   * Days after which the parts of an upload that was never completed are removed.
   * @default Duration.days(7)
   */
  readonly abortIncompleteUploadsAfter?: Duration;

  /**
   * Whether replaced and deleted objects are kept as old versions.
   * @default true
   */
  readonly versioned?: boolean;

  /**
   * ARN of a KMS key that encrypts the objects, through an S3 bucket key.
   * @default - encrypted with a key that S3 manages (SSE-S3, AES-256)
   */
  readonly kmsKeyArn?: string;

  /**
   * Why Terraform may destroy the bucket. Without it every plan that would do so fails (`prevent_destroy`).
   * @default - the bucket cannot be destroyed
   */
  readonly allowDestroy?: string;

  /**
   * Whether destroying the bucket also deletes all objects in it. Needs `allowDestroy`.
   * @default false
   */
  readonly forceDestroy?: boolean;

  /**
   * Tags of the bucket.
   * @default - the tags of the provider only
   */
  readonly tags?: Readonly<Record<string, string>>;

  /**
   * Changes what is passed to the resources inside.
   * @default - nothing is changed
   */
  readonly transform?: AwsTieredBucketTransform;
}

/** One hook for each resource of `AwsTieredBucket`. */
export interface AwsTieredBucketTransform {
  /** @default - unchanged */
  readonly bucket?: Transform<S3BucketConfig>;
  /** @default - unchanged */
  readonly versioning?: Transform<S3BucketVersioningAConfig>;
  /** @default - unchanged */
  readonly encryption?: Transform<S3BucketServerSideEncryptionConfigurationAConfig>;
  /** @default - unchanged */
  readonly publicAccessBlock?: Transform<S3BucketPublicAccessBlockConfig>;
  /** @default - unchanged */
  readonly policy?: Transform<S3BucketPolicyConfig>;
  /** @default - unchanged */
  readonly ownership?: Transform<S3BucketOwnershipControlsConfig>;
  /** @default - unchanged */
  readonly lifecycle?: Transform<S3BucketLifecycleConfigurationConfig>;
  /** @default - unchanged */
  readonly intelligentTiering?: Transform<S3BucketIntelligentTieringConfigurationConfig>;
}
