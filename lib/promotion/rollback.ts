import { gt } from "semver";
import { EngineError } from "../engine/engine-error";
import { mayHaveEffect, removalOf } from "../engine/executor/removal";
import type { StepRecord } from "../engine/step-record";
import { inOrder } from "./step-order";

/** What going back to an older release does with the steps of the newer ones, each list in the order of undoing. */
export interface Rollback {
  readonly undo: readonly StepRecord[];
  /** Steps that leave nothing to undo, or whose effect is meant to stay. */
  readonly keep: readonly StepRecord[];
  /** Steps that stand in the way. */
  readonly blocked: readonly BlockedStep[];
}

export interface BlockedStep {
  readonly row: StepRecord;
  readonly code: "StepIrreversible" | "StepRemovalRefused";
  readonly reason: string;
}

/**
 * What a rollback would do, from what the ledger recorded: the steps of newer releases may be unknown to the older code.
 * The engine decides by the same rule when it removes them.
 *
 * @param rows the ledger of the environment
 * @param to the release to go back to
 */
export function planRollback(rows: readonly StepRecord[], to: string): Rollback {
  const newer = inOrder(rows.filter(({ release }) => gt(release, to))).reverse();
  const undo: StepRecord[] = [];
  const keep: StepRecord[] = [];
  const blocked: BlockedStep[] = [];
  for (const row of newer) {
    const removal = removalOfRow(row);
    if (removal === "rollback") undo.push(row);
    else if (removal === "forget") keep.push(row);
    else blocked.push({ row, ...removal });
  }
  return { undo, keep, blocked };
}

function removalOfRow(row: StepRecord): ReturnType<typeof removalOf> | Omit<BlockedStep, "row"> {
  // A failed attempt that left nothing behind only loses its row.
  if (!mayHaveEffect(row)) return "forget";
  try {
    return removalOf(row);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return error.code === "StepIrreversible"
      ? { code: "StepIrreversible", reason: row.irreversible ?? error.message }
      : { code: "StepRemovalRefused", reason: 'it is declared to stay (on_destroy = "refuse")' };
  }
}
