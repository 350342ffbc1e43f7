import type { LedgerConfig } from "../../manifest/ledger-config";
import type { Program } from "../../manifest/program";
import type { StepRecord } from "../../manifest/step-record";
import { kindOf } from "../../provider/kinds";
import { EngineError } from "../engine-error";
import type { Ledger, LockWait } from "../ledgers/ledger";
import { openLedger, type LedgerPlace } from "../ledgers/open-ledger";
import { spellOut } from "../secrets/stored-secret";
import { isTransactional } from "../step-kind";

const SCHEMA = "sterna";

/**
 * Opens ledgers once each, and finds the one that keeps a program's row: a step that changes a PostgreSQL database keeps its row there, in the
 * same transaction; every other step keeps it in the ledger of the stack.
 */
export class Ledgers {
  private readonly opened = new Map<string, Ledger>();

  constructor(
    private readonly stackLedger: () => LedgerConfig,
    private readonly place: LedgerPlace,
  ) {}

  /** The ledger of the stack. */
  ofStack(): Ledger {
    return this.open(this.stackLedger());
  }

  /** The ledger that keeps the row of a program. */
  ofProgram(program: Program, variables: Readonly<Record<string, string>>): Ledger {
    return this.open(homeLedger(program, variables) ?? this.stackLedger());
  }

  /** The ledger of the stack, when the row of a program stands elsewhere: there it leaves a receipt. */
  ofReceipts(program: Program, variables: Readonly<Record<string, string>>): Ledger | undefined {
    const stack = this.ofStack();
    return this.ofProgram(program, variables) === stack ? undefined : stack;
  }

  open(config: LedgerConfig): Ledger {
    const key = JSON.stringify(config);
    const ledger = this.opened.get(key) ?? openLedger(config, this.place);
    this.opened.set(key, ledger);
    return ledger;
  }

  async close(): Promise<void> {
    await Promise.all([...this.opened.values()].map((ledger) => ledger.close()));
    this.opened.clear();
  }
}

/** The ledger in the database that a program changes, if it changes one. */
export function homeLedger(program: Program, variables: Readonly<Record<string, string>>): LedgerConfig | undefined {
  const kind = kindOf(program);
  if (!isTransactional(kind)) return undefined;
  // A ledger knows no variables; a secret stays a reference.
  const url = spellOut(kind.database(program), variables, "the ledger");
  return { kind: "postgres", url, schema: SCHEMA };
}

/**
 * A step whose row stands in the database that it changed leaves a copy of it, a receipt, in the ledger of the stack: so
 * that one ledger tells all about an environment, and the next environment finds its proofs there.
 *
 * The row in the database stays the truth. A receipt that could not be written is written by the next apply.
 */
export async function writeReceipt(record: StepRecord, stackLedger: Ledger, wait?: LockWait): Promise<void> {
  await note(`is applied in its database`, record.id, () =>
    stackLedger.withLock(
      record.id,
      async (session) => {
        if (JSON.stringify(await session.get()) !== JSON.stringify(record)) await session.put(record);
      },
      wait,
    ),
  );
}

/** Removes the receipt of a step that was rolled back. */
export async function removeReceipt(id: string, stackLedger: Ledger, wait?: LockWait): Promise<void> {
  await note(`is rolled back in its database`, id, () =>
    stackLedger.withLock(
      id,
      async (session) => {
        if (await session.get()) await session.remove();
      },
      wait,
    ),
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
