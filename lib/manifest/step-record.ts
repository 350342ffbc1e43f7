import { z } from "zod";
import { stepAttributes } from "./step-attributes";

/** Identifies a process on a machine, even after its process id was reused. */
export const processIdentity = z.object({
  host: z.string(),
  pid: z.number().int(),
  /** When the process started, in the kernel's clock ticks. Absent if the kernel does not report it. */
  startTime: z.string().optional(),
});

export type ProcessIdentity = z.infer<typeof processIdentity>;

/** A step as passed to `sterna_step`. The proof is not part of the ledger record. */
export const stepDefinition = stepAttributes.omit({ proof: true }).extend({ environment: z.string().min(1) });
/** A step as the engine runs it: its program and its attributes. */
export type StepDefinition = z.infer<typeof stepDefinition>;

/** What a step recorded: counts, digests, the location of a backup. Never a secret. */
export const artifact = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
export type Artifact = z.infer<typeof artifact>;

/** The processes that work on a step outside of its database: the runner, and the process group of its command. */
export const worker = z.object({ runner: processIdentity, command: processIdentity.optional() });
export type Worker = z.infer<typeof worker>;

/** Progress of a running step. */
export const progress = z.object({
  message: z.string(),
  /** Percentage of the work that is complete, if the step knows. */
  percent: z.number().min(0).max(100).optional(),
  /** Time of the last progress report or heartbeat. */
  at: z.string(),
});
/** Progress of a running step. */
export type Progress = z.infer<typeof progress>;

/**
 * A row of the ledger.
 *
 * - `running`: begun, and not yet finished (or the machine died)
 * - `applied`: done and verified
 * - `failed`: stopped with an error; `partial` tells whether it may have left partial changes
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
  /** Set while the step is `running` or `undoing`: a lock can end before the work that it protects does. */
  worker: worker.optional(),
  /** Set while the step is `running` or `undoing`, once it takes more than two seconds. */
  progress: progress.optional(),
  /** Set when the probe found the step already done, so that it was not run. */
  adopted: z.boolean().optional(),
  /** Set when a person declared the step applied, whatever the row contained before. */
  repaired: z.object({ at: z.string(), by: z.string(), reason: z.string(), was: z.string() }).optional(),
});
/** A row of the ledger: what ran for a step, when, and with what result. */
export type StepRecord = z.infer<typeof stepRecord>;
export type StepStatus = StepRecord["status"];
