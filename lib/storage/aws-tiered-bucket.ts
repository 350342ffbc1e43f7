import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketIntelligentTieringConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-intelligent-tiering-configuration";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { applyTransform } from "../core/transform";
import type { AwsTieredBucketProps, AwsTieredBucketTransform } from "./aws-tiered-bucket-props";
import { validateAwsTieredBucket } from "./aws-tiered-bucket-validation";
import type { IntelligentTieringArchive } from "./intelligent-tiering";
import { lifecycleConfigurationRules } from "./s3-lifecycle";
import { tlsOnlyPolicy } from "./tls-only-policy";

/**
 * An S3 bucket whose objects grow colder and cheaper with age: private, encrypted, versioned, TLS only, and protected
 * from being destroyed.
 *
 * Emits `aws_s3_bucket` and its versioning, encryption, public access block, ownership controls, policy, lifecycle
 * and, if asked for, intelligent tiering configuration. Everything that S3 would refuse at apply is refused here.
 */
export class AwsTieredBucket extends Construct {
  /** The bucket itself. Prefer `bucketName` for references, which also waits for what makes the bucket safe. */
  readonly resource: S3Bucket;

  private readonly ownership: S3BucketOwnershipControls;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/storage.md` */
  constructor(scope: Construct, id: string, props: AwsTieredBucketProps) {
    super(scope, id);
    validateAwsTieredBucket(props, this);
    const { transform = {} } = props;
    this.resource = new S3Bucket(
      this,
      "Resource",
      applyTransform(
        {
          bucket: props.bucketName,
          forceDestroy: props.forceDestroy ?? false,
          tags: props.tags,
          lifecycle: { preventDestroy: props.allowDestroy === undefined },
        },
        transform.bucket,
      ),
    );
    const versioning = this.addVersioning(props);
    const encryption = this.addEncryption(props);
    const policy = this.addPolicy(transform, this.addPublicAccessBlock(transform));
    this.ownership = this.addOwnership(transform, [versioning, encryption, policy]);
    this.addLifecycle(props, versioning);
    if (props.intelligentTiering) this.addIntelligentTiering(props.intelligentTiering, transform);
  }

  /**
   * Name of the bucket. What refers to it is made after the bucket is versioned, encrypted and private, and destroyed
   * before: no object gets in while it is not. Known at plan.
   */
  get bucketName(): string {
    return this.ownership.bucket;
  }

  /** ARN of the bucket. */
  get bucketArn(): string {
    return this.resource.arn;
  }

  /** Region that the bucket is in. */
  get bucketRegion(): string {
    return this.resource.region;
  }

  /** For the children. Unlike `id`, which is the same text, it is known before the bucket exists. */
  private get bucket(): string {
    return this.resource.bucket;
  }

  private addVersioning({ versioned = true, transform }: AwsTieredBucketProps): S3BucketVersioningA {
    // "Disabled" is refused for a bucket that ever had versions; "Suspended" is taken by any.
    const versioningConfiguration = { status: versioned ? "Enabled" : "Suspended" };
    return new S3BucketVersioningA(
      this,
      "Versioning",
      applyTransform({ bucket: this.bucket, versioningConfiguration }, transform?.versioning),
    );
  }

  private addEncryption({ kmsKeyArn, transform }: AwsTieredBucketProps): S3BucketServerSideEncryptionConfigurationA {
    const rule =
      kmsKeyArn === undefined
        ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
        : {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn },
            bucketKeyEnabled: true,
          };
    return new S3BucketServerSideEncryptionConfigurationA(
      this,
      "Encryption",
      applyTransform({ bucket: this.bucket, rule: [rule] }, transform?.encryption),
    );
  }

  private addPublicAccessBlock(transform: AwsTieredBucketTransform): S3BucketPublicAccessBlock {
    return new S3BucketPublicAccessBlock(
      this,
      "PublicAccessBlock",
      applyTransform(
        {
          bucket: this.bucket,
          blockPublicAcls: true,
          blockPublicPolicy: true,
          ignorePublicAcls: true,
          restrictPublicBuckets: true,
        },
        transform.publicAccessBlock,
      ),
    );
  }

  // Access settings come one after the other: S3 answers OperationAborted to changes at the same time
  // (https://github.com/hashicorp/terraform-provider-aws/issues/7628).
  private addPolicy(transform: AwsTieredBucketTransform, after: S3BucketPublicAccessBlock): S3BucketPolicy {
    return new S3BucketPolicy(
      this,
      "Policy",
      applyTransform(
        { bucket: this.bucket, policy: tlsOnlyPolicy(this.bucketArn), dependsOn: [after] },
        transform.policy,
      ),
    );
  }

  private addOwnership(transform: AwsTieredBucketTransform, after: ITerraformDependable[]): S3BucketOwnershipControls {
    return new S3BucketOwnershipControls(
      this,
      "Ownership",
      applyTransform(
        { bucket: this.bucket, rule: { objectOwnership: "BucketOwnerEnforced" }, dependsOn: after },
        transform.ownership,
      ),
    );
  }

  private addLifecycle(props: AwsTieredBucketProps, versioning: S3BucketVersioningA): void {
    new S3BucketLifecycleConfiguration(
      this,
      "Lifecycle",
      applyTransform(
        {
          bucket: this.bucket,
          transitionDefaultMinimumObjectSize: props.transitionDefaultMinimumObjectSize ?? "all_storage_classes_128K",
          rule: lifecycleConfigurationRules(props.lifecycleRules ?? [], props.abortIncompleteUploadsAfter),
          // Rules about old versions are refused until the bucket keeps versions.
          dependsOn: [versioning],
        },
        props.transform?.lifecycle,
      ),
    );
  }

  private addIntelligentTiering(
    { name = "archive", prefix, archiveAfter, deepArchiveAfter }: IntelligentTieringArchive,
    transform: AwsTieredBucketTransform,
  ): void {
    const tiering = [
      ...(archiveAfter ? [{ accessTier: "ARCHIVE_ACCESS", days: archiveAfter.toDays() }] : []),
      ...(deepArchiveAfter ? [{ accessTier: "DEEP_ARCHIVE_ACCESS", days: deepArchiveAfter.toDays() }] : []),
    ];
    new S3BucketIntelligentTieringConfiguration(
      this,
      "IntelligentTiering",
      applyTransform(
        { bucket: this.bucket, name, filter: prefix === undefined ? undefined : { prefix }, tiering },
        transform.intelligentTiering,
      ),
    );
  }
}
