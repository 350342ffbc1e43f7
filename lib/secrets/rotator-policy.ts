/** What the role of a rotation function is for. All of them are ARNs. */
export interface RotatorResources {
  readonly secretArn: string;
  readonly kmsKeyArn: string;
  readonly adminSecretArn?: string;
  readonly logGroupArn: string;
  readonly inNetwork: boolean;
}

/**
 * The policy of a rotation function: its own secret, the administrator's, one key, its own log.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
 */
export function rotatorPolicy(resources: RotatorResources): string {
  const { secretArn, kmsKeyArn, adminSecretArn, logGroupArn, inNetwork } = resources;
  const allow = (actions: readonly string[], resource: string, condition?: object) => ({
    Effect: "Allow",
    Action: actions,
    Resource: resource,
    ...(condition && { Condition: condition }),
  });
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      allow(
        ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"].map(
          (action) => `secretsmanager:${action}`,
        ),
        secretArn,
      ),
      ...(adminSecretArn === undefined ? [] : [allow(["secretsmanager:GetSecretValue"], adminSecretArn)]),
      allow(["kms:Decrypt", "kms:GenerateDataKey"], kmsKeyArn),
      allow(["logs:CreateLogStream", "logs:PutLogEvents"], `${logGroupArn}:*`),
      // Network interfaces are found and made before they have an ARN: AWS Lambda, "Granting functions access to a VPC".
      ...(inNetwork
        ? [
            allow(
              ["CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets", "DeleteNetworkInterface"].map(
                (action) => `ec2:${action}`,
              ),
              "*",
            ),
          ]
        : []),
    ],
  });
}

/** Lets Lambda, and nobody else, take on a role. */
export const ASSUMED_BY_LAMBDA = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
