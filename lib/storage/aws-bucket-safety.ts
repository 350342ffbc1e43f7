import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import type { Construct } from "constructs";
import { applyTransform } from "../core/transform";
import type { AwsTieredBucketProps } from "./aws-tiered-bucket-props";
import { tlsOnlyPolicy } from "./tls-only-policy";

/** What makes a bucket safe: versions, encryption, no public access, TLS only. */
export interface BucketSafety {
  readonly versioning: S3BucketVersioningA;

  /** The last one: once it is there, the others are. */
  readonly ownership: S3BucketOwnershipControls;
}

/**
 * Makes the children that every bucket has.
 *
 * @param bucket name of the bucket, known before it exists
 */
export function addSafety(
  scope: Construct,
  bucket: string,
  bucketArn: string,
  props: AwsTieredBucketProps,
): BucketSafety {
  const { transform = {} } = props;
  const versioning = new S3BucketVersioningA(
    scope,
    "Versioning",
    // "Disabled" is refused for a bucket that ever had versions; "Suspended" is taken by any.
    applyTransform(
      { bucket, versioningConfiguration: { status: (props.versioned ?? true) ? "Enabled" : "Suspended" } },
      transform.versioning,
    ),
  );
  const encryption = new S3BucketServerSideEncryptionConfigurationA(
    scope,
    "Encryption",
    applyTransform({ bucket, rule: [encryptionRule(props.kmsKeyArn)] }, transform.encryption),
  );
  const publicAccessBlock = new S3BucketPublicAccessBlock(
    scope,
    "PublicAccessBlock",
    applyTransform(
      {
        bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      transform.publicAccessBlock,
    ),
  );
  // Access settings come one after the other: S3 answers OperationAborted to changes at the same time
  // (https://github.com/hashicorp/terraform-provider-aws/issues/7628).
  const policy = new S3BucketPolicy(
    scope,
    "Policy",
    applyTransform(
      { bucket, policy: tlsOnlyPolicy(bucketArn, props.policyStatements), dependsOn: [publicAccessBlock] },
      transform.policy,
    ),
  );
  const ownership = new S3BucketOwnershipControls(
    scope,
    "Ownership",
    applyTransform(
      { bucket, rule: { objectOwnership: "BucketOwnerEnforced" }, dependsOn: [versioning, encryption, policy] },
      transform.ownership,
    ),
  );
  return { versioning, ownership };
}

function encryptionRule(kmsKeyArn: string | undefined) {
  return kmsKeyArn === undefined
    ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
    : {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKeyArn },
        bucketKeyEnabled: true,
      };
}
