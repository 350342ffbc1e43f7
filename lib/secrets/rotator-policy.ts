/** What the role of a rotation function is for. All of them are ARNs. */
export interface RotatorResources {
  readonly secretArn: string;
  readonly kmsKeyArn: string;
  readonly adminSecretArn?: string;
  readonly adminKmsKeyArn?: string;
  readonly logGroupArn: string;
  readonly inNetwork: boolean;
}

/** Secrets Manager uses a key in the name of who asks it: not for data of other services under the same key. */
const FOR_SECRETS_ONLY = { StringLike: { "kms:ViaService": "secretsmanager.*" } };

const NETWORK_ACTIONS = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
];

/**
 * Network interfaces are found and made before they have an ARN, by AWS Lambda in the name of the role. The code of the
 * function must not: calls of its own, and only those, come with the key of this condition.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
 */
const NETWORK_STATEMENTS = [
  { Effect: "Allow", Action: NETWORK_ACTIONS, Resource: "*" },
  {
    Effect: "Deny",
    Action: NETWORK_ACTIONS,
    Resource: "*",
    Condition: { Null: { "lambda:SourceFunctionArn": "false" } },
  },
];

/**
 * The policy of a rotation function: its own secret, the administrator's, one key, its own log.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
 */
export function rotatorPolicy(resources: RotatorResources): string {
  const { secretArn, kmsKeyArn, adminSecretArn, adminKmsKeyArn, logGroupArn, inNetwork } = resources;
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
      allow(["kms:Decrypt", "kms:GenerateDataKey"], kmsKeyArn, FOR_SECRETS_ONLY),
      ...(adminKmsKeyArn === undefined ? [] : [allow(["kms:Decrypt"], adminKmsKeyArn, FOR_SECRETS_ONLY)]),
      allow(["logs:CreateLogStream", "logs:PutLogEvents"], `${logGroupArn}:*`),
      ...(inNetwork ? NETWORK_STATEMENTS : []),
    ],
  });
}

/** Lets Lambda, and nobody else, take on a role. */
export const ASSUMED_BY_LAMBDA = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
