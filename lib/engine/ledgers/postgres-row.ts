import type { Client } from "pg";
import { EngineError } from "../engine-error";
import type { StepRecord } from "../../manifest/step-record";
import type { PostgresLock } from "./postgres-lock";

/** A step that succeeded is worth waiting for a database that fails over or restarts; a failure is only a note. */
const OUTCOME_MILLISECONDS = 120_000;
const NOTE_MILLISECONDS = 5_000;

export interface PostgresRowOptions {
  /** Name of the table, escaped. */
  readonly table: string;
  readonly system: string;
  readonly id: string;
  /** Where the ledger is, for messages. */
  readonly location: string;
}

/**
 * A row, written only by the holder of its lock.
 *
 * A lock can be lost while its holder works. So each write names the row that it replaces, as this holder read or wrote
 * it, and changes nothing when another one is there: of two who think that they hold the lock, one commits.
 */
export class PostgresRow {
  /** The committed row as it is known; `null` when there is none, nothing before it was read. */
  private known: string | null | undefined;
  /** What the open transaction made of it. */
  private pending: string | null | undefined;
  /** What was sent, and may have arrived without an answer. */
  private sent: string | null | undefined;

  constructor(private readonly options: PostgresRowOptions) {}

  /** The JSON of the row, or nothing. */
  async get(lock: PostgresLock): Promise<string | undefined> {
    this.known = await lock.ask((client) => this.select(client), OUTCOME_MILLISECONDS);
    this.pending = undefined;
    return this.known ?? undefined;
  }

  /** @throws EngineError `LedgerConflict` when another run wrote the row meanwhile */
  async put(record: StepRecord, lock: PostgresLock): Promise<void> {
    const text = JSON.stringify(record);
    const values = [record.status, record.release, record.checksum, record.startedAt, record.appliedAt, text];
    const { table } = this.options;
    const set = `status = $3, release = $4, checksum = $5, started_at = $6, applied_at = $7, record = $8`;
    await this.write(text, lock, record.status === "failed", (client, replaced, mayBeAbsent) =>
      mayBeAbsent
        ? client.query(
            `insert into ${table} as old (system, id, status, release, checksum, started_at, applied_at, record)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (system, id) do update set ${set} where old.record = any ($9)`,
            [...this.key(), ...values, replaced],
          )
        : client.query(`update ${table} set ${set} where system = $1 and id = $2 and record = any ($9)`, [
            ...this.key(),
            ...values,
            replaced,
          ]),
    );
  }

  /** @throws EngineError `LedgerConflict`, as `put` */
  async remove(lock: PostgresLock): Promise<void> {
    if (this.known === undefined) await this.get(lock);
    if (this.known === null && this.pending == null) return;
    await this.write(null, lock, false, async (client, replaced, mayBeAbsent) => {
      const where = "where system = $1 and id = $2 and record = any ($3)";
      const removed = await client.query(`delete from ${this.options.table} ${where}`, [...this.key(), replaced]);
      if (removed.rowCount !== 0 || !mayBeAbsent) return removed;
      return { rowCount: (await this.select(client)) === null ? 1 : 0 };
    });
  }

  /** Whether only this holder wrote the row. */
  async isUntouched(client: Client): Promise<boolean> {
    if (this.known === undefined) return true;
    return [this.known, this.sent].includes(await this.select(client));
  }

  private async write(
    row: string | null,
    lock: PostgresLock,
    isNote: boolean,
    send: (client: Client, replaced: string[], mayBeAbsent: boolean) => Promise<{ rowCount: number | null }>,
  ): Promise<void> {
    if (this.known === undefined) await this.get(lock);
    let attempts = 0;
    const work = async (client: Client): Promise<boolean> => {
      const before: (string | null | undefined)[] = [this.known];
      // What a transaction wrote counts inside of it only: a failure must not overwrite what was committed after all.
      if (client.getTransactionStatus() === "T") before.push(this.pending);
      // Of the first attempt, the answer alone may have been lost.
      if (attempts++ > 0) before.push(row);
      this.sent = row;
      const texts = before.filter((text) => typeof text === "string");
      const { rowCount } = await send(client, texts, before.includes(null));
      if (rowCount === 0) throw this.conflict();
      return client.getTransactionStatus() === "T";
    };
    const inTransaction = await lock.ask(work, isNote ? NOTE_MILLISECONDS : OUTCOME_MILLISECONDS, isNote);
    this.sent = undefined;
    if (inTransaction) this.pending = row;
    else [this.known, this.pending] = [row, undefined];
  }

  private async select(client: Pick<Client, "query">): Promise<string | null> {
    const query = `select record from ${this.options.table} where system = $1 and id = $2`;
    const { rows } = await client.query<{ record: string }>(query, this.key());
    return rows[0]?.record ?? null;
  }

  private key(): [string, string] {
    return [this.options.system, this.options.id];
  }

  private conflict(): EngineError {
    const { id, location } = this.options;
    return new EngineError(
      "LedgerConflict",
      `another run wrote the row of step "${id}" in ${location} while this run worked on the step: this run had lost its lock, or the row was changed by hand. What this run did in a transaction is undone, and it writes nothing more. Apply again: the next run goes on from what is there.`,
    );
  }
}
