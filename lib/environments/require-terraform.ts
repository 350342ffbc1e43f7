import { TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { rsort } from "semver";
import { OLDEST_TERRAFORM, TERRAFORM_REQUIREMENTS, type TerraformRequirement } from "../manifest/stack-manifest";

const requirements = new WeakMap<TerraformStack, TerraformRequirement[]>();

/**
 * Makes Terraform refuse a stack if it is too old, before it does anything. The newest requirement applies.
 *
 * @param version oldest supported version, such as `1.11.0`
 * @param reason what needs it, for `sterna doctor`
 */
export function requireTerraformVersion(construct: IConstruct, version: string, reason: string): void {
  const stack = TerraformStack.of(construct);
  const known = requirements.get(stack) ?? [];
  const all = [...known, { version, construct: construct.node.path, reason }];
  requirements.set(stack, all);
  const [newest] = rsort(all.map((each) => each.version));
  stack.addOverride("terraform.required_version", `>= ${newest!.replace(/\.0$/, "")}`);
  // The requirement of every stack is not worth listing.
  const special = all.filter((each) => each.version !== OLDEST_TERRAFORM);
  if (special.length > 0) stack.addOverride(`//.${TERRAFORM_REQUIREMENTS}`, special);
}
