import type { LedgerConfig } from "../../manifest/ledger-config";
import type { StepDefinition, StepRecord } from "../../manifest/step-record";
import { EngineError } from "../engine-error";
import type { Ledger, LockWait } from "../ledgers/ledger";
import { LedgerSnapshot } from "../ledgers/ledger-snapshot";
import { openLedger, type LedgerPlace } from "../ledgers/open-ledger";
import { spellOut } from "../secrets/stored-secret";
import { isTransactional, kindOf } from "../step-kind";

const SCHEMA = "sterna";

/** What decides where the row of a step is kept. */
type PlacedStep = Pick<StepDefinition, "program" | "variables">;

/** Where a step keeps its row. */
export interface StepLedgers {
  readonly home: Ledger;

  /**
   * The ledger of the stack, when the row is kept elsewhere: it gets a receipt.
   * @default - the row is kept in the ledger of the stack
   */
  readonly receipts?: Ledger | undefined;

  /** Whether the row is kept in the database that the step changes. */
  readonly inDatabase: boolean;
}

/**
 * Opens ledgers once each, and finds the one that keeps a program's row: a step that changes a PostgreSQL database keeps its row there, in the
 * same transaction; every other step keeps it in the ledger of the stack.
 */
export class Ledgers {
  private readonly opened = new Map<string, Ledger>();
  private readonly snapshots = new Map<Ledger, LedgerSnapshot>();

  constructor(
    private readonly stackLedger: () => LedgerConfig,
    private readonly place: LedgerPlace,
  ) {}

  /** The ledger of the stack. */
  ofStack(): Ledger {
    return this.open(this.stackLedger());
  }

  /** The ledger that keeps the row of a step. */
  home(step: PlacedStep): Ledger {
    return this.open(homeLedger(step) ?? this.stackLedger());
  }

  /** The ledgers that a step writes to. */
  of(step: PlacedStep): StepLedgers {
    const database = homeLedger(step);
    const stack = this.ofStack();
    const home = database === undefined ? stack : this.open(database);
    return { home, receipts: home === stack ? undefined : stack, inDatabase: database !== undefined };
  }

  open(config: LedgerConfig): Ledger {
    const key = JSON.stringify(config);
    const ledger = this.opened.get(key) ?? openLedger(config, this.place);
    this.opened.set(key, ledger);
    return ledger;
  }

  /** The rows of one of these ledgers, read once for all steps of a plan. */
  snapshot(ledger: Ledger): LedgerSnapshot {
    const known = this.snapshots.get(ledger) ?? new LedgerSnapshot(ledger);
    this.snapshots.set(ledger, known);
    return known;
  }

  async close(): Promise<void> {
    await Promise.all([...this.opened.values()].map((ledger) => ledger.close()));
    this.opened.clear();
    this.snapshots.clear();
  }
}

/** The ledger in the database that a step changes, if it changes one. */
export function homeLedger({ program, variables }: PlacedStep): LedgerConfig | undefined {
  const kind = kindOf(program);
  if (!isTransactional(kind)) return undefined;
  // A ledger knows no variables; a secret stays a reference.
  const url = spellOut(kind.database(program), variables, "the ledger");
  return { kind: "postgres", url, schema: SCHEMA };
}

/**
 * A step whose row is kept in the database that it changed leaves a copy of it, a receipt, in the ledger of the stack: so
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
