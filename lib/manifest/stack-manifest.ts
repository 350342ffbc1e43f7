import { validRange } from "semver";
import { z } from "zod";
import { gatesData } from "./gate-data";
import { rolloutRules } from "./rollout";

const range = z
  .string()
  .refine((text) => text.trim() !== "" && validRange(text) !== null, 'must be a semver range, such as "1.0.x"');

/** One row of a compatibility matrix, in JSON. */
export const compatibilityRow = z.strictObject({
  from: range,
  to: range,
  migrationRequired: z.boolean(),
  downtime: z.enum(["none", "minimal", "yes"]),
  rollback: z.enum(["yes", "limited", "no"]),
  support: z.string().optional(),
  planned: z.boolean().optional(),
});

/** A compatibility matrix, in `sterna.json`. */
export const compatibility = z.strictObject({
  rows: z.array(compatibilityRow).min(1, "must hold at least one row"),
  patchesImplied: z.boolean().default(true),
});

/** A compatibility matrix as plain data. */
export type CompatibilityData = z.output<typeof compatibility>;

/**
 * Description of a synthesized stack: `sterna.json` next to its `cdk.tf.json`.
 *
 * `SystemStack` writes it; the command line reads it instead of loading constructs.
 */
export const stackManifest = z.object({
  /** Terraform stack and name of its folder: `app-ef-staging`. */
  stack: z.string(),
  system: z.string(),
  environment: z.string(),
  /** Position of the environment in the chain, from 0. */
  order: z.number().int().nonnegative(),
  /** The previous environment. Absent for the first. */
  previous: z.string().optional(),
  /** Whether people must confirm before anything is applied here. */
  protected: z.boolean(),
  /** The pinned release. */
  release: z.string(),
  /** All releases of the system, oldest first. */
  releases: z.array(z.string()),
  /** Ledger of the stack, as passed to the provider. */
  ledger: z.string(),
  /** Between which releases the system may move in one step. Absent if not specified. */
  compatibility: compatibility.optional(),
  /** Conditions for changes of the environment. Absent if not specified. */
  gates: gatesData.optional(),
  /**
   * Which steps may be removed although their release stays, and which may run after later steps. Absent if there are
   * none.
   */
  history: z.object({ removed: z.array(z.string()), outOfOrder: z.array(z.string()) }).optional(),
  /** Conditions for the next phase of a rollout. Absent if nothing has colors. */
  rollout: rolloutRules.optional(),
});
/** The content of `sterna.json` for a synthesized stack. */
export type StackManifest = z.infer<typeof stackManifest>;

export const STACK_MANIFEST_FILE = "sterna.json";

/** The version that introduced `check` blocks (Terraform CHANGELOG, 1.5.0), which every `SystemStack` has. */
export const OLDEST_TERRAFORM = "1.5.0";

/** Why a stack needs a certain version of Terraform. */
export interface TerraformRequirement {
  /** Oldest supported version, such as `1.11.0`. */
  readonly version: string;

  /** Path of the construct that needs it. */
  readonly construct: string;

  /** What needs it, and the alternative. */
  readonly reason: string;
}

/** Where a synthesized stack lists its requirements: in the comment of its JSON, which Terraform ignores. */
export const TERRAFORM_REQUIREMENTS = "sternaTerraformRequirements";
