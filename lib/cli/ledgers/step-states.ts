import type { Progress, StepRecord } from "../../engine/step-record";
import type { SynthesizedSystem } from "../project/stacks";
import type { LedgerReading } from "./read-ledgers";

/**
 * - `pending`: declared, and not in the ledger
 * - `unknown`: its ledger cannot be read
 * - `leftover`: in the ledger, and not declared: the next apply rolls it back, or forgets it where Terraform's state
 *   does not know it either
 * - otherwise what the ledger says
 */
export type StepState = "pending" | "unknown" | "leftover" | StepRecord["status"];

export interface StepStatus {
  readonly id: string;
  readonly title: string;
  readonly release: string;
  readonly state: StepState;
  readonly appliedAt?: string;
  readonly error?: string;
  /** When the attempt began that is under way. */
  readonly startedAt?: string;
  readonly progress?: Progress;
}

/** Each declared step, in the order of the stack, then what only the ledger holds. */
export function stepStates(system: SynthesizedSystem, { rows, unreadable }: LedgerReading): StepStatus[] {
  const unknown = new Set(unreadable.flatMap(({ steps }) => steps));
  const declared = new Set(system.steps.map(({ id }) => id));
  const facts = (row: StepRecord | undefined) => ({
    ...(row?.appliedAt === undefined ? {} : { appliedAt: row.appliedAt }),
    ...(row?.error === undefined ? {} : { error: row.error }),
    ...(row?.status === "running" || row?.status === "undoing" ? { startedAt: row.startedAt } : {}),
    ...(row?.progress === undefined ? {} : { progress: row.progress }),
  });
  return [
    ...system.steps.map(({ id, title, release }): StepStatus => {
      const row = rows.get(id);
      const state = row?.status ?? (unknown.has(id) ? "unknown" : "pending");
      return { id, title, release, state, ...facts(row) };
    }),
    ...[...rows.values()]
      .filter(({ id }) => !declared.has(id))
      .map((row): StepStatus => ({
        id: row.id,
        title: row.title,
        release: row.release,
        state: "leftover",
        ...facts(row),
      })),
  ];
}
