import { DataAwsPartition } from "@cdktf/provider-aws/lib/data-aws-partition";
import { IamRole, type IamRoleConfig } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy, type IamRolePolicyConfig } from "@cdktf/provider-aws/lib/iam-role-policy";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import type { Construct } from "constructs";
import { applyTransform, type Transform } from "../../core/refactoring";

/** Options of `serviceRole`. */
export interface ServiceRoleOptions {
  /** Principal, such as `backup.amazonaws.com`. */
  readonly service: string;

  /**
   * Paths of AWS managed policies, such as `service-role/AWSBackupServiceRolePolicyForBackup`.
   * @default - none
   */
  readonly managedPolicies?: readonly string[];

  /**
   * Condition of the trust policy, where the service documents one.
   * @default - none
   */
  readonly condition?: object;

  /** @default - unchanged */
  readonly transform?: Transform<IamRoleConfig> | undefined;
}

/** A role that an AWS service assumes. */
export function serviceRole(scope: Construct, id: string, options: ServiceRoleOptions): IamRole {
  const { service, managedPolicies = [], condition, transform } = options;
  const trust = {
    Effect: "Allow",
    Principal: { Service: service },
    Action: "sts:AssumeRole",
    ...(condition && { Condition: condition }),
  };
  const assumeRolePolicy = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
  const role = new IamRole(scope, id, applyTransform({ assumeRolePolicy }, transform));
  if (managedPolicies.length === 0) return role;
  const { partition } = new DataAwsPartition(scope, "Partition");
  for (const path of managedPolicies) {
    new IamRolePolicyAttachment(scope, path.slice(path.lastIndexOf("/") + 1), {
      role: role.name,
      policyArn: `arn:${partition}:iam::aws:policy/${path}`,
    });
  }
  return role;
}

/**
 * Lets AWS Backup assign a restored EC2 instance its original role.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-ec2.html
 */
export function allowInstanceRoles(
  scope: Construct,
  role: IamRole,
  instanceRoleArns: readonly string[] | undefined,
  transform: Transform<IamRolePolicyConfig> | undefined,
): void {
  if (instanceRoleArns === undefined) return;
  const statement = {
    Effect: "Allow",
    Action: "iam:PassRole",
    Resource: [...instanceRoleArns],
    Condition: { StringLike: { "iam:PassedToService": "ec2.*" } },
  };
  const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  new IamRolePolicy(scope, "RolePolicy", applyTransform({ role: role.name, policy }, transform));
}
