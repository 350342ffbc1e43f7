/** What a service needs to copy objects out of a bucket. */
export function readObjectsPolicy(bucket: string): string {
  return policy([
    { Effect: "Allow", Action: ["s3:ListBucket", "s3:GetBucketLocation"], Resource: `arn:aws:s3:::${bucket}` },
    { Effect: "Allow", Action: ["s3:GetObject", "s3:GetObjectTagging"], Resource: `arn:aws:s3:::${bucket}/*` },
  ]);
}

/** What DataSync needs to copy objects into a bucket. Source: DataSync, "Required permissions for S3 locations". */
export function writeObjectsPolicy(bucket: string): string {
  return policy([
    {
      Effect: "Allow",
      Action: ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
      Resource: `arn:aws:s3:::${bucket}`,
    },
    {
      Effect: "Allow",
      Action: [
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:GetObjectTagging",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
        "s3:PutObjectTagging",
      ],
      Resource: `arn:aws:s3:::${bucket}/*`,
    },
  ]);
}

function policy(statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
