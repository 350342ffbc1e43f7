import { programChecksum } from "../../manifest/checksum";
import type { StepDefinition, StepRecord, StepStatus } from "../../manifest/step-record";
import { isEffectless, isTransactional, kindOf } from "../step-kind";
import { removeReceipt, writeReceipt, type StepLedgers } from "./home-ledger";
import { withIdleLock } from "./previous-worker";

/**
 * Puts a row that says that a step was found done. Nothing is run. A step that the ledger holds as applied already is
 * left alone.
 *
 * @throws EngineError `StepBusy`, `LedgerUnreachable`
 */
export async function adoptStep(definition: StepDefinition, { home, receipts }: StepLedgers): Promise<void> {
  await withIdleLock(home, definition.id, async (session) => {
    const found = await session.get();
    const adopted = { ...appliedByHand(definition), attempt: (found?.attempt ?? 0) + 1, adopted: true };
    const record = found?.status === "applied" ? found : adopted;
    if (record !== found) await session.put(record);
    if (receipts) await writeReceipt(record, receipts);
  });
}

/** The row of a step that was applied, and not by Sterna. */
function appliedByHand(definition: StepDefinition): StepRecord {
  const now = new Date().toISOString();
  const kind = kindOf(definition.program);
  const transactional = isTransactional(kind) && kind.inTransaction(definition.program);
  return {
    ...definition,
    status: "applied",
    checksum: programChecksum(definition.program),
    partial: !transactional && !isEffectless(definition.program),
    attempt: 1,
    startedAt: now,
    appliedAt: now,
  };
}

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
