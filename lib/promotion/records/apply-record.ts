import { z } from "zod";
import type { PlanReading } from "../plan/plan-builder";
import { READ } from "../plan/resource-change";
import { reportedName } from "../promotion-report";
import type { ConfiguredExpressions } from "../plan/expressions";
import { ledgerConfig } from "../../manifest/ledger-config";

/** What an apply did with a step. `pending` steps were planned and not reached. */
export const recordedStep = z.object({
  id: z.string(),
  release: z.string(),
  action: z.string(),
  checksum: z.string().optional(),
  /** Digests of what the program does not say: order, retries, timeout. See `stepAttributes`. */
  attributes: z.record(z.string(), z.string()).optional(),
  /** What the configuration says of it besides: see `Expressions`. */
  expressions: z.record(z.string(), z.string()).optional(),
  /** Set when a person wrote into the ledger that it is applied: nothing ran. */
  repaired: z.object({ at: z.string(), by: z.string(), reason: z.string() }).optional(),
  status: z.enum(["done", "failed", "pending"]),
});
export type RecordedStep = z.infer<typeof recordedStep>;

/** What an apply did with a resource, and what the resource is since then. */
export const recordedChange = z.object({
  name: z.string().describe("Address, with the key of a leftover object where one is meant"),
  action: z.string(),
  movedFrom: z.string().optional(),
  /** Digests of the values, by path: see `Fingerprint`. Empty for what was destroyed or forgotten. */
  fingerprint: z.record(z.string(), z.string()),
  /** Digests of what the configuration says of it: see `Expressions`. */
  expressions: z.record(z.string(), z.string()).optional(),
});
export type RecordedChange = z.infer<typeof recordedChange>;

/** What an apply leaves behind: who applied what, when, with which result. Holds no values and no secrets. */
export const applyRecord = z.object({
  version: z.literal(2),
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
  /** Resources that the apply came through with; the others of a failed apply are not among them. */
  changes: z.array(recordedChange).default([]),
  steps: z.array(recordedStep),
  /** Databases that keep rows of the steps: after a rollback the configuration does not name them any more. */
  ledgers: z.array(ledgerConfig),
  /** Summaries of what went wrong. */
  errors: z.array(z.string()),
  /** What the environment before had proved when this was planned: SHA-256 of the last of its records. */
  proof: z.object({ environment: z.string(), record: z.string() }).optional(),
  sterna: z.string(),
  terraform: z.string(),
  /** SHA-256 of the record before this one: a record that is changed or removed breaks the chain. */
  previous: z.string().nullable(),
});
export type ApplyRecord = z.infer<typeof applyRecord>;

/** A record before its place in the chain is known. */
export type NewApplyRecord = Omit<z.input<typeof applyRecord>, "version" | "previous">;

/**
 * What the record of an apply says about each resource that a plan changes.
 *
 * @param configured what the configuration says; without it, values that only the apply knows prove less
 */
export function recordedChanges(
  { resources, planned }: PlanReading,
  configured?: ConfiguredExpressions,
): RecordedChange[] {
  return resources.flatMap((resource) => {
    const name = reportedName(resource);
    const found = planned.get(name);
    if (found === undefined || resource.action === READ) return [];
    const { movedFrom } = resource;
    const { action, fingerprint } = found;
    const values = fingerprint();
    const expressions = configured?.of(resource.address, values);
    return [
      {
        name,
        action,
        fingerprint: values,
        ...(expressions === undefined ? {} : { expressions }),
        ...(movedFrom === undefined ? {} : { movedFrom }),
      },
    ];
  });
}
