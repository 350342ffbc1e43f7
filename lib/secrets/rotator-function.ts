import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { AssetType, TerraformAsset } from "cdktf/lib/terraform-asset";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { RotatorNetwork } from "./rotating-secret-props";
import { rotatorZip } from "./rotator-package";
import { ASSUMED_BY_LAMBDA, rotatorPolicy } from "./rotator-policy";
import { ROTATOR_RUNTIME } from "./rotator-runtime";
import { SETTINGS_VARIABLE, type RotationSettings } from "./rotator/settings";

const TIMEOUT_SECONDS = 90;
const MEMORY_MEBIBYTES = 256;
const LOG_DAYS = 90;
const LONGEST_NAME = 64;

/** What a rotation function is made from. */
export interface RotatorFunctionProps {
  readonly secretName: string;
  readonly secretArn: string;
  readonly kmsKeyArn: string;
  /** @default - none */
  readonly adminSecretArn?: string;
  readonly settings: RotationSettings;
  /** @default - none */
  readonly network?: RotatorNetwork;
}

/** Sterna's rotation function for one secret, with a role that can do nothing else. */
export class RotatorFunction extends Construct {
  readonly function: LambdaFunction;

  /** What has to be there before Secrets Manager may call it. */
  readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: RotatorFunctionProps) {
    super(scope, id);
    const name = functionName(props.secretName);
    const log = new CloudwatchLogGroup(this, "Log", { name: `/aws/lambda/${name}`, retentionInDays: LOG_DAYS });
    const role = new IamRole(this, "Role", { name, assumeRolePolicy: ASSUMED_BY_LAMBDA });
    const inNetwork = props.network !== undefined;
    const policy = new IamRolePolicy(this, "Policy", {
      role: role.name,
      policy: rotatorPolicy({ ...props, logGroupArn: log.arn, inNetwork }),
    });
    const zip = rotatorZip(this);
    const code = new TerraformAsset(this, "Code", { path: zip, type: AssetType.FILE });
    this.function = new LambdaFunction(this, "Resource", {
      functionName: name,
      description: `Rotates the secret ${props.secretName}`,
      filename: code.path,
      sourceCodeHash: createHash("sha256").update(readFileSync(zip)).digest("base64"),
      handler: "index.handler",
      runtime: ROTATOR_RUNTIME.name,
      timeout: TIMEOUT_SECONDS,
      memorySize: MEMORY_MEBIBYTES,
      role: role.arn,
      environment: { variables: { [SETTINGS_VARIABLE]: JSON.stringify(props.settings) } },
      vpcConfig: props.network && {
        subnetIds: [...props.network.subnetIds],
        securityGroupIds: [...props.network.securityGroupIds],
      },
      dependsOn: [log, policy],
    });
    const permission = new LambdaPermission(this, "Permission", {
      functionName: this.function.functionName,
      action: "lambda:InvokeFunction",
      principal: "secretsmanager.amazonaws.com",
      // Another account's Secrets Manager must not call it (the confused deputy).
      sourceAccount: new DataAwsCallerIdentity(this, "Account").accountId,
    });
    this.ready = [permission];
  }
}

/** Names of functions and roles are short; two long names must not meet. */
function functionName(secretName: string): string {
  const name = `${secretName.replace(/[^\w-]+/g, "-")}-rotator`;
  if (name.length <= LONGEST_NAME) return name;
  const digest = createHash("sha256").update(secretName).digest("hex").slice(0, 8);
  return `${name.slice(0, LONGEST_NAME - digest.length - 1)}-${digest}`;
}
