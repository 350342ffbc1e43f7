import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import type { Construct } from "constructs";
import { applyTransform } from "../../core/refactoring";
import { type PolicyStatement, policyDocument } from "./policy-statements";
import type { TieredBucketProps } from "./tiered-bucket-props";

/** What makes a bucket safe: versioning, encryption, no public access, TLS only. */
export interface BucketSafety {
  readonly versioning: S3BucketVersioningA;

  /** The last one: once it exists, so do the others. */
  readonly ownership: S3BucketOwnershipControls;
}

/**
 * Creates the children that every bucket has.
 *
 * @param bucket name of the bucket, known before it exists
 */
export function addSafety(scope: Construct, bucket: string, bucketArn: string, props: TieredBucketProps): BucketSafety {
  const { transform = {} } = props;
  const versioning = new S3BucketVersioningA(
    scope,
    "Versioning",
    // S3 refuses "Disabled" for a bucket that was ever versioned, and accepts "Suspended" for any.
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
  // Access settings are applied one after another: S3 answers concurrent changes with OperationAborted
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

// A policy variable. Terraform would interpret its `${` as an expression.
const POLICY_VARIABLE = /\$\{(?=[A-Za-z0-9-]+:|[*?$]\})/g;

/**
 * A bucket policy that refuses requests without TLS, and with TLS older than 1.2.
 *
 * @param bucketArn ARN of the bucket
 * @param others statements to append
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html (encryption in transit)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html#example-object-tls-version
 */
function tlsOnlyPolicy(bucketArn: string, others: readonly PolicyStatement[] = []): string {
  const deny = (sid: string, condition: object) => ({
    Sid: sid,
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [bucketArn, `${bucketArn}/*`],
    Condition: condition,
  });
  return policyDocument([
    deny("DenyInsecureTransport", { Bool: { "aws:SecureTransport": "false" } }),
    deny("DenyOutdatedTls", { NumericLessThan: { "s3:TlsVersion": "1.2" } }),
    ...others,
  ]).replace(POLICY_VARIABLE, () => "$${");
}
