import { z } from "zod";
import { stepDefinition, stepRecord } from "../../manifest/step-record";

const definitions = z.array(stepDefinition);

/** Request to a stack worker, as JSON on its standard input. */
export const stackRequest = z.object({
  /** JSON of the stack's ledger. */
  ledger: z.string(),
  place: z.object({ system: z.string(), environment: z.string(), directory: z.string() }),
  work: z.discriminatedUnion("action", [
    /** Runs the verify queries of applied steps again. */
    z.object({ action: z.literal("verify"), steps: z.array(stepRecord) }),
    /** Checks whether the effect of steps already exists. */
    z.object({ action: z.literal("find"), steps: definitions }),
    /** Records in the ledger that steps were found applied. */
    z.object({ action: z.literal("adopt"), steps: definitions }),
    /** Queries which processes work on steps. */
    z.object({ action: z.literal("find-workers"), steps: definitions }),
    /** Records in the ledger what a person knows about a step. */
    z.object({
      action: z.literal("repair"),
      steps: definitions.length(1),
      repair: z.object({ as: z.enum(["applied", "removed"]), reason: z.string().min(1), by: z.string() }),
    }),
  ]),
});
export type StackRequest = z.infer<typeof stackRequest>;
export type StackWork = StackRequest["work"];

const check = z.object({ query: z.string(), expected: z.string(), actual: z.string() });
const status = z.enum(["running", "applied", "failed", "undoing", "absent"]);

/** Result for one step. The action determines its fields. */
export const stackAnswer = z.object({
  id: z.string(),
  checks: z.array(check).optional(),
  presence: z
    .object({
      state: z.enum(["there", "absent", "unknown"]),
      by: z.enum(["history", "probe", "verify"]),
      reason: z.string().optional(),
    })
    .optional(),
  /** The process that works on the step. */
  worker: z.string().optional(),
  repaired: z.object({ was: status, is: status }).optional(),
  /** Why there is no result. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type StackAnswer = z.infer<typeof stackAnswer>;
