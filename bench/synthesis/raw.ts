// Usage: raw.js <buckets> <output directory>. The same resources as sterna.ts, written with cdktf and its bindings alone.
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import { S3BucketOwnershipControls } from "@cdktf/provider-aws/lib/s3-bucket-ownership-controls";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning";
import { App, TerraformStack } from "cdktf";

const [count, outdir] = process.argv.slice(2) as [string, string];
const app = new App({ outdir });
const stack = new TerraformStack(app, "bench-development");
new AwsProvider(stack, "aws", { region: "us-east-1" });
for (let index = 0; index < Number(count); index++) addBucket(`bucket-${index}`, `bench-bucket-${index}`);
app.synth();

function addBucket(id: string, name: string): void {
  const resource = new S3Bucket(stack, id, { bucket: name, forceDestroy: false, lifecycle: { preventDestroy: true } });
  const { bucket } = resource;
  const versioning = new S3BucketVersioningA(stack, `${id}-versioning`, {
    bucket,
    versioningConfiguration: { status: "Enabled" },
  });
  const encryption = new S3BucketServerSideEncryptionConfigurationA(stack, `${id}-encryption`, {
    bucket,
    rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
  });
  const block = new S3BucketPublicAccessBlock(stack, `${id}-public-access-block`, {
    bucket,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  });
  const deny = (Sid: string, Condition: object): object => ({
    Sid,
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [resource.arn, `${resource.arn}/*`],
    Condition,
  });
  const policy = new S3BucketPolicy(stack, `${id}-policy`, {
    bucket,
    policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        deny("DenyInsecureTransport", { Bool: { "aws:SecureTransport": "false" } }),
        deny("DenyOutdatedTls", { NumericLessThan: { "s3:TlsVersion": "1.2" } }),
      ],
    }),
    dependsOn: [block],
  });
  new S3BucketOwnershipControls(stack, `${id}-ownership`, {
    bucket,
    rule: { objectOwnership: "BucketOwnerEnforced" },
    dependsOn: [versioning, encryption, policy],
  });
  new S3BucketLifecycleConfiguration(stack, `${id}-lifecycle`, {
    bucket,
    transitionDefaultMinimumObjectSize: "all_storage_classes_128K",
    rule: [
      {
        id: "archive",
        status: "Enabled",
        filter: [{ prefix: "data/" }],
        transition: [
          { days: 30, storageClass: "STANDARD_IA" },
          { days: 90, storageClass: "GLACIER" },
        ],
      },
      {
        id: "abort-incomplete-uploads",
        status: "Enabled",
        filter: [{ prefix: "" }],
        abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }],
      },
    ],
    dependsOn: [versioning],
  });
}
