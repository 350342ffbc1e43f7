import { canonicalJson } from "../../engine/checksum";
import { homeLedger } from "../../engine/executor/home-ledger";
import type { Ledger } from "../../engine/ledgers/ledger";
import { openLedger, type LedgerPlace } from "../../engine/ledgers/open-ledger";
import type { StepRecord } from "../../engine/step-record";

/** The ledgers in the databases that steps change, each opened once. */
export class HomeLedgers {
  private readonly opened = new Map<string, Ledger>();

  /** @param variables process variables of the environment, where references are looked up */
  constructor(
    private readonly variables: NodeJS.ProcessEnv,
    private readonly place: LedgerPlace,
  ) {}

  /** The ledger that keeps the row of a step; nothing for a step that changes no database. */
  of(row: StepRecord): Ledger | undefined {
    const config = homeLedger(row.program, row.variables);
    if (config === undefined) return undefined;
    const key = canonicalJson(config);
    const ledger = this.opened.get(key) ?? openLedger(config, this.place, this.variables);
    this.opened.set(key, ledger);
    return ledger;
  }

  async close(): Promise<void> {
    await Promise.all([...this.opened.values()].map((ledger) => ledger.close()));
  }
}
