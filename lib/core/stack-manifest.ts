import { z } from "zod";
import { compatibility } from "./compatibility";
import { gatesData } from "./gate-data";
import { rolloutRules } from "./rollout-rules";

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
  /** Between which releases the system may move in one go; absent when nobody says. */
  compatibility: compatibility.optional(),
  /** What has to hold before the environment is changed; absent when nobody says. */
  gates: gatesData.optional(),
  /** What has to hold before a rollout goes on; absent when nothing has colours. */
  rollout: rolloutRules.optional(),
});
export type StackManifest = z.infer<typeof stackManifest>;

export const STACK_MANIFEST_FILE = "sterna.json";
