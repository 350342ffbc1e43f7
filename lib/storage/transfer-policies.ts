import { keyStatement } from "./kms-key";

/** An S3 bucket that a service copies from or to. */
export interface TransferredBucket {
  /** Name of the bucket. */
  readonly bucketName: string;

  /** Partition of its ARN: `aws`, `aws-cn` or `aws-us-gov`, or a reference to it. */
  readonly partition: string;

  /** ARN of the KMS key that encrypts the objects, if there is one. */
  readonly kmsKeyArn?: string | undefined;
}

/**
 * Permissions that a service needs to copy objects from a bucket.
 *
 * @see https://docs.aws.amazon.com/datasync/latest/userguide/create-s3-location.html#create-s3-location-access
 * @see https://cloud.google.com/storage-transfer/docs/source-amazon-s3#required_permissions
 */
export function readObjectsPolicy({ bucketName, partition, kmsKeyArn }: TransferredBucket): string {
  const arn = `arn:${partition}:s3:::${bucketName}`;
  return policy([
    allow(["s3:GetBucketLocation", "s3:ListBucket"], arn),
    allow(["s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:GetObjectVersionTagging"], `${arn}/*`),
    ...(kmsKeyArn === undefined ? [] : [keyStatement(kmsKeyArn, ["kms:Decrypt"])]),
  ]);
}

/**
 * Permissions that DataSync needs to copy objects to a bucket, and to compare them there.
 *
 * @see https://docs.aws.amazon.com/datasync/latest/userguide/create-s3-location.html#create-s3-location-access
 * @see https://docs.aws.amazon.com/datasync/latest/userguide/create-s3-location.html#create-s3-location-encryption
 */
export function writeObjectsPolicy({ bucketName, partition, kmsKeyArn }: TransferredBucket): string {
  const arn = `arn:${partition}:s3:::${bucketName}`;
  return policy([
    allow(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], arn),
    allow(
      [
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:GetObjectVersion",
        "s3:GetObjectVersionTagging",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
        "s3:PutObjectTagging",
      ],
      `${arn}/*`,
    ),
    ...(kmsKeyArn === undefined ? [] : [keyStatement(kmsKeyArn, ["kms:Decrypt", "kms:GenerateDataKey"])]),
  ]);
}

function allow(Action: readonly string[], Resource: string) {
  return { Effect: "Allow", Action, Resource };
}

function policy(statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
