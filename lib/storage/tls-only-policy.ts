/**
 * A bucket policy that refuses requests without TLS, and with TLS older than 1.2.
 *
 * @param bucketArn ARN of the bucket
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html (encryption in transit)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html#example-object-tls-version
 */
export function tlsOnlyPolicy(bucketArn: string): string {
  const deny = (sid: string, condition: object) => ({
    Sid: sid,
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [bucketArn, `${bucketArn}/*`],
    Condition: condition,
  });
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      deny("DenyInsecureTransport", { Bool: { "aws:SecureTransport": "false" } }),
      deny("DenyOutdatedTls", { NumericLessThan: { "s3:TlsVersion": "1.2" } }),
    ],
  });
}
