import { validRange } from "semver";
import { z } from "zod";
import { gatesData } from "./gate-data";
import { rolloutRules } from "./rollout";

const range = z
  .string()
  .refine((text) => text.trim() !== "" && validRange(text) !== null, 'must be a semver range, such as "1.0.x"');

/** One row of a compatibility matrix, as JSON holds it. */
export const compatibilityRow = z.strictObject({
  from: range,
  to: range,
  migrationRequired: z.boolean(),
  downtime: z.enum(["none", "minimal", "yes"]),
  rollback: z.enum(["yes", "limited", "no"]),
  support: z.string().optional(),
  planned: z.boolean().optional(),
});

/** A compatibility matrix, as `sterna.json` holds it. */
export const compatibility = z.strictObject({
  rows: z.array(compatibilityRow).min(1, "must hold at least one row"),
  patchesImplied: z.boolean().default(true),
});

/** A compatibility matrix as plain data. */
export type CompatibilityData = z.output<typeof compatibility>;

/**
 * What a synthesized stack says about itself: `sterna.json` beside its `cdk.tf.json`.
 *
 * `SystemStack` writes it; the command line reads it instead of loading constructs.
 */
export const stackManifest = z.object({
  /** Terraform stack, also the name of its folder: `app-ef-staging`. */
  stack: z.string(),
  system: z.string(),
  environment: z.string(),
  /** Place of the environment in the chain, from 0. */
  order: z.number().int().nonnegative(),
  /** The environment before this one; absent for the first. */
  previous: z.string().optional(),
  /** Whether people must be asked before anything is applied here. */
  protected: z.boolean(),
  /** The pinned release. */
  release: z.string(),
  /** All releases of the system, oldest first. */
  releases: z.array(z.string()),
  /** Ledger of the stack, as the provider gets it. */
  ledger: z.string(),
  /** Between which releases the system may move in one step; absent when not specified. */
  compatibility: compatibility.optional(),
  /** What has to hold before the environment is changed; absent when not specified. */
  gates: gatesData.optional(),
  /** Which steps may leave a release that stays, and which may run after steps that come later; absent when none may. */
  history: z.object({ removed: z.array(z.string()), outOfOrder: z.array(z.string()) }).optional(),
  /** What has to hold before a rollout goes on; absent when nothing has colors. */
  rollout: rolloutRules.optional(),
});
/** What a synthesized stack says about itself in `sterna.json`. */
export type StackManifest = z.infer<typeof stackManifest>;

export const STACK_MANIFEST_FILE = "sterna.json";

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
