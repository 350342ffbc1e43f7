import { z } from "zod";
import { stepAttributes } from "./step-attributes";

/** Names one process of one machine, also after its process id was given to another. */
export const processIdentity = z.object({
  host: z.string(),
  pid: z.number().int(),
  /** When the process started, in the kernel's clock ticks; absent where the kernel does not tell. */
  startTime: z.string().optional(),
});

export type ProcessIdentity = z.infer<typeof processIdentity>;

/** A step as Terraform knows it: what `sterna_step` is given. Where it is proved is no part of what the ledger records. */
export const stepDefinition = stepAttributes.omit({ proof: true }).extend({ environment: z.string().min(1) });
/** A step as the engine runs it: its program and its attributes. */
export type StepDefinition = z.infer<typeof stepDefinition>;

/** What a step left behind: counts, digests, the place of a backup. Never a secret. */
export const artifact = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
export type Artifact = z.infer<typeof artifact>;

/** Who works on a step outside of its database: the runner, and the process group of its command. */
export const worker = z.object({ runner: processIdentity, command: processIdentity.optional() });
export type Worker = z.infer<typeof worker>;

/** How far a running step is. */
export const progress = z.object({
  message: z.string(),
  /** Of the work that is done, where the step knows. */
  percent: z.number().min(0).max(100).optional(),
  /** When the step said so, or last gave a sign of life. */
  at: z.string(),
});
/** How far a running step is. */
export type Progress = z.infer<typeof progress>;

/**
 * A row of the ledger.
 *
 * - `running`: begun, and not yet finished (or the machine died)
 * - `applied`: done and verified
 * - `failed`: stopped with an error; `partial` says whether it may have left something behind
 * - `undoing`: being rolled back
 */
export const stepRecord = stepDefinition.extend({
  status: z.enum(["running", "applied", "failed", "undoing"]),
  checksum: z.string(),
  partial: z.boolean(),
  attempt: z.number().int().positive(),
  startedAt: z.string(),
  appliedAt: z.string().optional(),
  artifact: artifact.optional(),
  error: z.string().optional(),
  /** Set while the step is `running` or `undoing`: a lock can end before the work under it does. */
  worker: worker.optional(),
  /** Set while the step is `running` or `undoing`, once it takes more than two seconds. */
  progress: progress.optional(),
  /** Set when the step was found done instead of run: by its probe. */
  adopted: z.boolean().optional(),
  /** Set when a person said that the step is applied, whatever the row said before. */
  repaired: z.object({ at: z.string(), by: z.string(), reason: z.string(), was: z.string() }).optional(),
});
/** A row of the ledger: what ran for a step, when, and with which result. */
export type StepRecord = z.infer<typeof stepRecord>;
export type StepStatus = StepRecord["status"];
