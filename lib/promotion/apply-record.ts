import { z } from "zod";
import { ledgerConfig } from "../engine/ledgers/ledger-config";

/** What an apply did with a step. `pending` steps were planned and not reached. */
export const recordedStep = z.object({
  id: z.string(),
  release: z.string(),
  action: z.string(),
  checksum: z.string().optional(),
  status: z.enum(["done", "failed", "pending"]),
});
export type RecordedStep = z.infer<typeof recordedStep>;

/** What an apply leaves behind: who applied what, when, with which result. Holds no values and no secrets. */
export const applyRecord = z.object({
  version: z.literal(1),
  stack: z.string(),
  system: z.string(),
  environment: z.string(),
  release: z.string(),
  result: z.enum(["applied", "failed", "interrupted"]),
  startedAt: z.string(),
  finishedAt: z.string(),
  /** Account that ran the command: that of the pipeline's trigger where the pipeline names one. */
  by: z.string(),
  /** Digest of the plan that was applied. */
  plan: z.string(),
  resources: z.object({ add: z.number(), change: z.number(), destroy: z.number() }),
  steps: z.array(recordedStep),
  /** Databases that keep rows of the steps: after a rollback the configuration does not name them any more. */
  ledgers: z.array(ledgerConfig),
  /** Summaries of what went wrong. */
  errors: z.array(z.string()),
  sterna: z.string(),
  terraform: z.string(),
  /** SHA-256 of the record before this one: a record that is changed or removed breaks the chain. */
  previous: z.string().nullable(),
});
export type ApplyRecord = z.infer<typeof applyRecord>;
