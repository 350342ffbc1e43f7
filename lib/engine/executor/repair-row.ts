import type { StepDefinition, StepStatus } from "../step-record";
import { appliedByHand, type StepLedgers } from "./adopt-step";
import { withIdleLock } from "./idle-lock";
import { removeReceipt, writeReceipt } from "./receipt";

/** What a person says about a step. */
export interface Repair {
  /** What the row says from now on; `removed`: there is none. */
  readonly as: "applied" | "removed";
  /** Why. */
  readonly reason: string;
  /** Who. */
  readonly by: string;
}

/** What a row said before and says now; `absent`: there is no row. */
export interface RepairedRow {
  readonly was: StepStatus | "absent";
  readonly is: StepStatus | "absent";
}

/**
 * Makes the ledger say what a person knows better: that a step was finished, or undone, by hand. Nothing is run, and the
 * store is not asked.
 *
 * @param definition of the step as it is declared; of its row, when it is not declared any more
 * @throws EngineError `StepBusy`, `LedgerUnreachable`
 */
export async function repairRow(
  definition: StepDefinition,
  { home, receipts }: StepLedgers,
  { as, ...because }: Repair,
): Promise<RepairedRow> {
  return withIdleLock(home, definition.id, async (session) => {
    const found = await session.get();
    const was: RepairedRow["was"] = found?.status ?? "absent";
    if (as === "removed") {
      if (found) await session.remove();
      if (receipts) await removeReceipt(definition.id, receipts);
      return { was, is: "absent" };
    }
    const repaired = { at: new Date().toISOString(), was, ...because };
    const mended = { ...appliedByHand(definition), attempt: found?.attempt ?? 1, artifact: found?.artifact, repaired };
    const record = found?.status === "applied" ? found : mended;
    if (record !== found) await session.put(record);
    if (receipts) await writeReceipt(record, receipts);
    return { was, is: record.status };
  });
}
