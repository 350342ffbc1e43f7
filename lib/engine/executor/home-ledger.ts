import { kindOf } from "../kinds";
import { isTransactional } from "../kinds/step-kind";
import type { LedgerConfig } from "../ledgers/ledger-config";
import { openLedger, type LedgerPlace } from "../ledgers/open-ledger";
import type { Ledger } from "../ledgers/ledger";
import type { Program } from "../program";
import { spellOut } from "../secrets/stored-secret";

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
