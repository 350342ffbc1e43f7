import { join } from "node:path";
import { gt } from "semver";
import { z } from "zod";
import { readJsonFile } from "../../core/read-json-file";
import { TERRAFORM_REQUIREMENTS, type TerraformRequirement } from "../../core/terraform-requirement";

const requirement = z.object({ version: z.string(), construct: z.string(), reason: z.string() });

/** The comment of a synthesized stack, as far as it is read. */
const stack = z.looseObject({
  "//": z.looseObject({ [TERRAFORM_REQUIREMENTS]: z.array(requirement).default([]) }).optional(),
});

/**
 * What in a stack needs a newer Terraform.
 *
 * @param directory folder of the stack
 * @param version of the Terraform that is installed
 * @throws SternaError `SynthesisUnreadable`
 */
export function unmetRequirements(directory: string, version: string): TerraformRequirement[] {
  return requirementsOf(directory).filter((each) => gt(each.version, version));
}

/** All that a stack needs. @throws SternaError `SynthesisUnreadable` */
function requirementsOf(directory: string): TerraformRequirement[] {
  const parsed = readJsonFile(join(directory, "cdk.tf.json"), stack, "SynthesisUnreadable");
  return (parsed["//"]?.[TERRAFORM_REQUIREMENTS] ?? []) as TerraformRequirement[];
}

/** A requirement for people: what needs which Terraform, and what to do. */
export function describeRequirement({ version, construct, reason }: TerraformRequirement): string {
  return `${construct} needs Terraform ${version} or newer: ${reason}. Install it (https://developer.hashicorp.com/terraform/install), or do without that`;
}
