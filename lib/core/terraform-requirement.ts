/** `check` blocks came with it (Terraform CHANGELOG, 1.5.0): every `SystemStack` has one. */
export const OLDEST_TERRAFORM = "1.5.0";

/** Why a stack needs some version of Terraform. */
export interface TerraformRequirement {
  /** Oldest version that will do, such as `1.11.0`. */
  readonly version: string;

  /** Path of the construct that needs it. */
  readonly construct: string;

  /** What of it needs it, and what to do without. */
  readonly reason: string;
}

/** Where a synthesized stack says so: in the comment of its JSON, which Terraform skips. */
export const TERRAFORM_REQUIREMENTS = "sternaTerraformRequirements";
