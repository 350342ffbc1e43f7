import { EngineError } from "../engine-error";
import type { Ledger } from "../ledgers/ledger";
import type { StepRecord } from "../step-record";

/**
 * A step whose row stands in the database that it changed leaves a copy of it, a receipt, in the ledger of the stack: so
 * that one ledger tells all about an environment, and the next environment finds its proofs there.
 *
 * The row in the database stays the truth. A receipt that could not be written is written by the next apply.
 */
export async function writeReceipt(record: StepRecord, stackLedger: Ledger): Promise<void> {
  await note(`is applied in its database`, record.id, () =>
    stackLedger.withLock(record.id, async (session) => {
      if (JSON.stringify(await session.get()) !== JSON.stringify(record)) await session.put(record);
    }),
  );
}

/** Removes the receipt of a step that was rolled back. */
export async function removeReceipt(id: string, stackLedger: Ledger): Promise<void> {
  await note(`is rolled back in its database`, id, () =>
    stackLedger.withLock(id, async (session) => {
      if (await session.get()) await session.remove();
    }),
  );
}

async function note(done: string, id: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new EngineError(
      "LedgerUnreachable",
      `step "${id}" ${done}, but the ledger of the stack could not note it. Apply again: nothing runs twice.\n${(error as Error).message}`,
      { cause: error },
    );
  }
}
