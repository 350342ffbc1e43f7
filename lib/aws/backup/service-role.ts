import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment";
import type { Construct } from "constructs";

/**
 * A role that a service of AWS takes.
 *
 * @param service principal, such as `backup.amazonaws.com`
 * @param managedPolicies names of AWS's own policies for service roles
 */
export function serviceRole(
  scope: Construct,
  id: string,
  service: string,
  managedPolicies: readonly string[] = [],
): IamRole {
  const role = new IamRole(scope, id, {
    assumeRolePolicy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
    }),
  });
  for (const policy of managedPolicies) {
    new IamRolePolicyAttachment(scope, policy, {
      role: role.name,
      policyArn: `arn:aws:iam::aws:policy/service-role/${policy}`,
    });
  }
  return role;
}
