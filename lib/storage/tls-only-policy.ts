import { type PolicyStatement, policyDocument } from "./s3-statements";

// A variable of a policy: Terraform takes `${` in its JSON for an expression of its own.
const POLICY_VARIABLE = /\$\{(?=[A-Za-z0-9-]+:|[*?$]\})/g;

/**
 * A bucket policy that refuses requests without TLS, and with TLS older than 1.2.
 *
 * @param bucketArn ARN of the bucket
 * @param others statements that come after
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html (encryption in transit)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html#example-object-tls-version
 */
export function tlsOnlyPolicy(bucketArn: string, others: readonly PolicyStatement[] = []): string {
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
