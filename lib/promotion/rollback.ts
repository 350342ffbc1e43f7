import { gt } from "semver";
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
 *
 * @param rows the ledger of the environment
 * @param to the release to go back to
 * @param isEffectless whether removing a step leaves nothing to undo
 */
export function planRollback(
  rows: readonly StepRecord[],
  to: string,
  isEffectless: (row: StepRecord) => boolean,
): Rollback {
  const newer = inOrder(rows.filter(({ release }) => gt(release, to))).reverse();
  const undo: StepRecord[] = [];
  const keep: StepRecord[] = [];
  const blocked: BlockedStep[] = [];
  for (const row of newer) {
    if (!mayHaveEffect(row) || row.onDestroy === "keep" || isEffectless(row)) keep.push(row);
    else if (row.irreversible !== undefined) blocked.push({ row, code: "StepIrreversible", reason: row.irreversible });
    else if (row.onDestroy === "refuse") {
      blocked.push({ row, code: "StepRemovalRefused", reason: 'it is declared to stay (on_destroy = "refuse")' });
    } else undo.push(row);
  }
  return { undo, keep, blocked };
}

/** The engine's rule: a failed attempt that left nothing behind only loses its row. */
function mayHaveEffect(row: StepRecord): boolean {
  return row.status === "applied" || row.status === "undoing" || row.partial;
}
