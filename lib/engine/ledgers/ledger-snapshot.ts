import type { ErrorCode } from "../../core/error-codes";
import type { StepRecord } from "../../manifest/step-record";
import { EngineError } from "../engine-error";
import type { Ledger } from "./ledger";

/** One row is at fault, not the ledger. */
const FAULTS_OF_ROWS: readonly ErrorCode[] = ["LedgerRowUnreadable", "LedgerDamaged", "LedgerOfOtherEnvironment"];

/**
 * The rows of a ledger as they were when one of them was first asked for: all of them are read at once.
 *
 * For plans only. What runs a step reads its row under the step's lock.
 */
export class LedgerSnapshot {
  private rows?: Promise<readonly StepRecord[]>;
  private byId?: Promise<ReadonlyMap<string, StepRecord>>;

  constructor(private readonly ledger: Ledger) {}

  /** All rows, oldest first. */
  async list(): Promise<readonly StepRecord[]> {
    if (this.rows !== undefined) return this.rows;
    const rows = this.ledger.list();
    // A ledger that could not be reached may be reached later.
    rows.catch(() => (this.rows = this.byId = undefined));
    return (this.rows = rows);
  }

  /** The row of a step. Where another row makes the list fail, this one is read alone. */
  async get(id: string): Promise<StepRecord | undefined> {
    try {
      this.byId ??= this.list().then((rows) => new Map(rows.map((row) => [row.id, row])));
      return (await this.byId).get(id);
    } catch (error) {
      if (error instanceof EngineError && FAULTS_OF_ROWS.includes(error.code)) return this.ledger.get(id);
      throw error;
    }
  }
}
