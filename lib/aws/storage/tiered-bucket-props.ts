import type { IamRoleConfig } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicyConfig } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { LambdaPermissionConfig } from "@cdktf/provider-aws/lib/lambda-permission";
import type { S3BucketConfig } from "@cdktf/provider-aws/lib/s3-bucket";
import type { S3BucketCorsConfigurationConfig } from "@cdktf/provider-aws/lib/s3-bucket-cors-configuration";
import type { S3BucketIntelligentTieringConfigurationConfig } from "@cdktf/provider-aws/lib/s3-bucket-intelligent-tiering-configuration";
import type { S3BucketInventoryConfig } from "@cdktf/provider-aws/lib/s3-bucket-inventory";
import type { S3BucketLifecycleConfigurationConfig } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import type { S3BucketLoggingAConfig } from "@cdktf/provider-aws/lib/s3-bucket-logging";
import type { S3BucketNotificationConfig } from "@cdktf/provider-aws/lib/s3-bucket-notification";
import type { S3BucketObjectLockConfigurationAConfig } from "@cdktf/provider-aws/lib/s3-bucket-object-lock-configuration";
import type { S3BucketOwnershipControlsConfig } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import type { S3BucketPolicyConfig } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import type { S3BucketPublicAccessBlockConfig } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import type { S3BucketReplicationConfigurationAConfig } from "@cdktf/provider-aws/lib/s3-bucket-replication-configuration";
import type { S3BucketServerSideEncryptionConfigurationAConfig } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import type { S3BucketVersioningAConfig } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import type { Adoption, Transform } from "../../core/refactoring";
import type { AccessLogs, TieredBucketBaseProps } from "../../storage/bucket-options";
import type { BucketNotification } from "./notification";
import type { IntelligentTieringArchive } from "./intelligent-tiering";
import type { Inventory } from "./inventory";
import type { ObjectLock } from "./object-lock";
import type { ReplicationRule } from "./replication";
import type { PolicyStatement } from "./policy-statements";

/** Options of `TieredBucket`. */
export interface TieredBucketProps extends TieredBucketBaseProps {
  /**
   * Name of the bucket, globally unique. Follows the naming rules of S3. A plan that changes it later is refused, since
   * it would replace the bucket.
   */
  readonly bucketName: string;

  /**
   * Archive tiers for objects in S3 Intelligent-Tiering.
   * @default - Intelligent-Tiering uses only the tiers that can be read at once
   */
  readonly intelligentTiering?: IntelligentTieringArchive;

  /**
   * Which objects are too small for the transitions, unless a rule has a size filter: `all_storage_classes_128K`
   * excludes those below 128 KiB; `varies_by_storage_class` does the same except for `Tier.archive` and
   * `Tier.deepArchive`, which accept any size. Always set explicitly, because S3 otherwise changes it silently.
   * @default "all_storage_classes_128K"
   * @see https://github.com/hashicorp/terraform-provider-aws/issues/41073
   */
  readonly transitionDefaultMinimumObjectSize?: "all_storage_classes_128K" | "varies_by_storage_class";

  /**
   * ARN of a KMS key that encrypts the objects, through an S3 bucket key.
   * @default - encrypted with an S3 managed key (SSE-S3, AES-256)
   */
  readonly kmsKeyArn?: string;

  /**
   * How long new versions of objects can be neither deleted nor replaced. Can only be set when the bucket is created.
   * @default - objects can be deleted
   */
  readonly objectLock?: ObjectLock;

  /**
   * Copies of new versions in other buckets. Also creates the role that S3 copies with.
   * @default - objects are in this bucket only
   */
  readonly replicationRules?: readonly ReplicationRule[];

  /**
   * Where S3 logs every request. Terraform: `aws_s3_bucket_logging`; CDK: `serverAccessLogsBucket`.
   * @default - requests are not logged
   */
  readonly accessLogs?: AccessLogs;

  /**
   * Lists of all objects, written daily or weekly.
   * @default - no lists
   */
  readonly inventories?: readonly Inventory[];

  /**
   * Queues, topics and functions that are notified about objects. CDK: `addEventNotification`.
   * @default - none
   */
  readonly notifications?: readonly BucketNotification[];

  /**
   * Whether Amazon EventBridge is notified about all objects.
   * @default false
   */
  readonly eventBridge?: boolean;

  /**
   * Statements of the bucket policy in addition to those that refuse requests without TLS. Policy variables such as
   * `${aws:username}` may be written as in AWS.
   * @default - no others
   */
  readonly policyStatements?: readonly PolicyStatement[];

  /**
   * Prefixes whose objects an application must read without delay: rules that would archive them are refused.
   * @default - rules may archive any object
   */
  readonly readAtOnce?: readonly string[];

  /**
   * Whether Terraform adopts an existing bucket: `true` with all children of the declaration, or only with the
   * `children` listed, as written by `sterna adopt bucket`. The other children are created.
   * @default - the bucket is created
   */
  readonly adopt?: boolean | BucketAdoption;

  /**
   * Tags of the bucket.
   * @default - the tags of the provider only
   */
  readonly tags?: Readonly<Record<string, string>>;

  /**
   * Changes the configuration of the resources inside.
   * @default - nothing is changed
   */
  readonly transform?: TieredBucketTransform;
}

/** Which parts of an existing bucket are adopted. */
export interface BucketAdoption extends Partial<Adoption> {
  /**
   * Children that exist.
   * @default - all children of the declaration, which must exist
   */
  readonly children?: readonly AdoptableChild[];
}

/** Children of `TieredBucket` that an existing bucket can already have. */
export type AdoptableChild =
  | "Resource"
  | "Versioning"
  | "Encryption"
  | "PublicAccessBlock"
  | "Policy"
  | "Ownership"
  | "Lifecycle"
  | "IntelligentTiering"
  | "ObjectLock"
  | "Replication"
  | "AccessLogs"
  | "Notifications"
  | "Cors"
  | `Inventory-${string}`;

/** One hook for each resource of `TieredBucket`. */
export interface TieredBucketTransform {
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
  /** @default - unchanged */
  readonly objectLock?: Transform<S3BucketObjectLockConfigurationAConfig>;
  /** @default - unchanged */
  readonly replicationRole?: Transform<IamRoleConfig>;
  /** @default - unchanged */
  readonly replicationRolePolicy?: Transform<IamRolePolicyConfig>;
  /** @default - unchanged */
  readonly replication?: Transform<S3BucketReplicationConfigurationAConfig>;
  /** @default - unchanged */
  readonly accessLogs?: Transform<S3BucketLoggingAConfig>;
  /** @default - unchanged */
  readonly inventory?: Transform<S3BucketInventoryConfig>;
  /** @default - unchanged */
  readonly notifications?: Transform<S3BucketNotificationConfig>;
  /** @default - unchanged */
  readonly lambdaPermission?: Transform<LambdaPermissionConfig>;
  /** @default - unchanged */
  readonly cors?: Transform<S3BucketCorsConfigurationConfig>;
  /** @default - unchanged */
  readonly grant?: Transform<IamRolePolicyConfig>;
}
