import { programChecksum } from "../checksum";
import { kindOf } from "../kinds";
import { isTransactional } from "../kinds/step-kind";
import type { Ledger } from "../ledgers/ledger";
import type { StepDefinition, StepRecord } from "../step-record";
import { withIdleLock } from "./idle-lock";
import { writeReceipt } from "./receipt";

/** Where a step keeps its row. */
export interface StepLedgers {
  readonly home: Ledger;

  /**
   * The ledger of the stack, when the row stands elsewhere: it gets a receipt.
   * @default - the row stands in the ledger of the stack
   */
  readonly receipts?: Ledger | undefined;
}

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
export function appliedByHand(definition: StepDefinition): StepRecord {
  const now = new Date().toISOString();
  const kind = kindOf(definition.program);
  const transactional = isTransactional(kind) && kind.inTransaction(definition.program);
  return {
    ...definition,
    status: "applied",
    checksum: programChecksum(definition.program),
    partial: !transactional && !kind.effectless,
    attempt: 1,
    startedAt: now,
    appliedAt: now,
  };
}
