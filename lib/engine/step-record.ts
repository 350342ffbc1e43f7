import { z } from "zod";
import { program } from "./program";

export const PHASES = ["expand", "migrate", "contract"] as const;

/** A step as Terraform knows it: what `sterna_step` is given. */
export const stepDefinition = z.object({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  system: z.string().min(1),
  environment: z.string().min(1),
  release: z.string().min(1),
  title: z.string(),
  phase: z.enum(PHASES),
  program,
  /** Values of this environment that the program names. */
  variables: z.record(z.string(), z.string()),
  after: z.array(z.string()),
  /** Why the step cannot be undone. */
  irreversible: z.string().optional(),
  /** What a retry of a half-applied step does first: go on where it was, or undo what was done. */
  onRetry: z.enum(["resume", "compensate"]),
  /** What removing the step from the configuration does. */
  onDestroy: z.enum(["rollback", "keep", "refuse"]),
  /** Seconds after which the step is stopped. */
  timeout: z.number().positive().optional(),
});
export type StepDefinition = z.infer<typeof stepDefinition>;

/** What a step left behind: counts, digests, the place of a backup. Never a secret. */
export const artifact = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
export type Artifact = z.infer<typeof artifact>;

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
  /** Set when the step was found done instead of run: by its probe. */
  adopted: z.boolean().optional(),
});
export type StepRecord = z.infer<typeof stepRecord>;
export type StepStatus = StepRecord["status"];
