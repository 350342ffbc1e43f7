import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import type { ITerraformDependable } from "cdktf";
import { AssetType, TerraformAsset } from "cdktf/lib/terraform-asset";
import { Construct } from "constructs";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { applyTransform } from "../../core/refactoring";
import { SETTINGS_VARIABLE, type RotationSettings } from "../../rotator/settings";
import { rotatorZip, ROTATOR_RUNTIME } from "../../secrets/rotator-package";
import type { RotatingSecretTransform, RotatorNetwork } from "./rotating-secret-props";

const TIMEOUT_SECONDS = 90;
const MEMORY_MEBIBYTES = 256;
const LOG_DAYS = 90;
const LONGEST_NAME = 64;

/** Options of `RotatorFunction`. */
export interface RotatorFunctionProps {
  readonly secretName: string;
  readonly secretArn: string;
  readonly kmsKeyArn: string;
  /** @default - none */
  readonly adminSecretArn?: string;
  /** @default - the key of Secrets Manager (`aws/secretsmanager`) */
  readonly adminKmsKeyArn?: string;
  readonly settings: RotationSettings;
  /** @default - none */
  readonly network?: RotatorNetwork;
  /** @default - nothing is changed */
  readonly transform?: RotatingSecretTransform;
}

/** Sterna's rotation function for one secret, with a least-privilege role. */
export class RotatorFunction extends Construct {
  readonly function: LambdaFunction;

  /** What must exist before Secrets Manager may call the function. */
  readonly ready: ITerraformDependable[];

  /** @internal */
  constructor(scope: Construct, id: string, props: RotatorFunctionProps) {
    super(scope, id);
    const { transform } = props;
    const name = functionName(props.secretName);
    const log = new CloudwatchLogGroup(
      this,
      "Log",
      applyTransform({ name: `/aws/lambda/${name}`, retentionInDays: LOG_DAYS }, transform?.log),
    );
    const account = new DataAwsCallerIdentity(this, "Account").accountId;
    const role = new IamRole(
      this,
      "Role",
      applyTransform({ name, assumeRolePolicy: assumedByLambda(account) }, transform?.role),
    );
    const inNetwork = props.network !== undefined;
    const document = rotatorPolicy({ ...props, logGroupArn: log.arn, inNetwork });
    const policy = new IamRolePolicy(
      this,
      "Policy",
      applyTransform({ role: role.name, policy: document }, transform?.rolePolicy),
    );
    this.function = this.addFunction(name, role, [log, policy], props);
    const config = {
      functionName: this.function.functionName,
      action: "lambda:InvokeFunction",
      principal: "secretsmanager.amazonaws.com",
      // Secrets Manager of another account must not call it (confused deputy).
      sourceAccount: account,
    };
    const permission = new LambdaPermission(this, "Permission", applyTransform(config, transform?.functionPermission));
    this.ready = [permission];
  }

  private addFunction(
    functionName: string,
    role: IamRole,
    dependsOn: ITerraformDependable[],
    { secretName, settings, network, transform }: RotatorFunctionProps,
  ): LambdaFunction {
    const zip = rotatorZip(this);
    const code = new TerraformAsset(this, "Code", { path: zip, type: AssetType.FILE });
    const config = {
      functionName,
      description: `Rotates the secret ${secretName}`,
      filename: code.path,
      sourceCodeHash: createHash("sha256").update(readFileSync(zip)).digest("base64"),
      handler: "index.handler",
      runtime: ROTATOR_RUNTIME.name,
      timeout: TIMEOUT_SECONDS,
      memorySize: MEMORY_MEBIBYTES,
      role: role.arn,
      environment: { variables: { [SETTINGS_VARIABLE]: JSON.stringify(settings), ...authoritiesFor(settings) } },
      vpcConfig: network && {
        subnetIds: [...network.subnetIds],
        securityGroupIds: [...network.securityGroupIds],
      },
      dependsOn,
    };
    return new LambdaFunction(this, "Resource", applyTransform(config, transform?.function));
  }
}

/**
 * Certificates of RDS and Aurora are signed by Amazon authorities that Node.js does not trust. From Node.js 20, Lambda
 * provides them in a file that Node.js reads only if this variable names it.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html (CA certificate loading)
 */
function authoritiesFor(settings: RotationSettings): Record<string, string> {
  const known = !("tls" in settings) || "waived" in settings.tls || settings.tls.certificateAuthority !== undefined;
  return known ? {} : { NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem" };
}

/** Names of functions and roles are short. Two long names must not collide. */
function functionName(secretName: string): string {
  const name = `${secretName.replace(/[^\w-]+/g, "-")}-rotator`;
  if (name.length <= LONGEST_NAME) return name;
  const digest = createHash("sha256").update(secretName).digest("hex").slice(0, 8);
  return `${name.slice(0, LONGEST_NAME - digest.length - 1)}-${digest}`;
}

/** ARNs that the role of a rotation function needs. */
export interface RotatorResources {
  readonly secretArn: string;
  readonly kmsKeyArn: string;
  readonly adminSecretArn?: string;
  readonly adminKmsKeyArn?: string;
  readonly logGroupArn: string;
  readonly inNetwork: boolean;
}

/** Secrets Manager uses a key on behalf of its caller. Excludes data of other services encrypted with the same key. */
const FOR_SECRETS_ONLY = { StringLike: { "kms:ViaService": "secretsmanager.*" } };

const NETWORK_ACTIONS = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
];

/**
 * AWS Lambda creates network interfaces on behalf of the role, before they have an ARN. The function's code must not:
 * only its own calls carry the key of this condition.
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
 * The policy of a rotation function: its secret, the administrator's secret, one key, its log.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
 */
function rotatorPolicy(resources: RotatorResources): string {
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

/**
 * Lets Lambda assume a role for functions of this account.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/permissions-managed-policies.html
 */
function assumedByLambda(account: string): string {
  const statement = {
    Effect: "Allow",
    Principal: { Service: "lambda.amazonaws.com" },
    Action: "sts:AssumeRole",
    Condition: { StringEquals: { "aws:SourceAccount": account } },
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}
