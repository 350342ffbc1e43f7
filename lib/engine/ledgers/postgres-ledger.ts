import { hostname } from "node:os";
import { escapeIdentifier, type ClientBase } from "pg";
import { EngineError } from "../engine-error";
import type { StepRecord } from "../../manifest/step-record";
import { databaseRefusal } from "./database-refusal";
import { type Ledger, type LedgerSession, type LockWait, readRow, assertScope, type LedgerScope } from "./ledger";
import { blockersOf } from "./postgres-blockers";
import { PostgresConnections, type DatabaseAddress, type Queryable } from "./postgres-connections";
import { PostgresLock } from "./postgres-lock";
import { PostgresProgress } from "./postgres-progress";
import { PostgresRow } from "./postgres-row";

/** So that whoever waits for the lock, or looks at pg_stat_activity, sees who holds it. PostgreSQL cuts it at 63 bytes. */
const LOCK_SESSION = `sterna, process ${process.pid} on ${hostname()}`;
const UNDEFINED_TABLE = "42P01";
/** Two sessions that create the same schema or table at once collide in the catalogue, in spite of IF NOT EXISTS. */
const CREATION_RACES = ["23505", "42P06", "42P07", "42710"];

interface LedgerRow {
  readonly id: string;
  /** JSON of a `StepRecord`. */
  readonly record: string;
}

export interface PostgresLedgerOptions {
  /** Connection URL, or where to fetch it from. Held in memory only. */
  readonly url: string | DatabaseAddress;
  readonly schema: string;
  readonly scope: LedgerScope;
}

/**
 * A ledger in a table of the database that the steps change: `<schema>.ledger`.
 *
 * A step's lock is an advisory lock on a connection of its own, so it ends with the process that holds it, and a step
 * can write its row in the transaction of its change.
 */
export class PostgresLedger implements Ledger {
  readonly location: string;
  private readonly table: string;
  private readonly progress: PostgresProgress;
  private readonly connections: PostgresConnections;
  private lockable?: Promise<void>;

  constructor(private readonly options: PostgresLedgerOptions) {
    const { url } = options;
    const database = typeof url === "string" ? describeDatabase(url) : url.description;
    this.location = `table ${options.schema}.ledger of ${database}`;
    this.connections = new PostgresConnections(url);
    this.table = `${escapeIdentifier(options.schema)}.ledger`;
    this.progress = new PostgresProgress(options.schema, options.scope.system);
  }

  async get(id: string): Promise<StepRecord | undefined> {
    const { reader } = this.connections;
    const row = await this.select(reader, id);
    return row && (await this.progress.addTo(reader, [row]))[0];
  }

  async list(): Promise<StepRecord[]> {
    const { reader } = this.connections;
    const rows = await this.query(
      reader,
      `select id, record from ${this.table} where system = $1 order by started_at, id`,
      [this.options.scope.system],
    );
    return this.progress.addTo(
      reader,
      rows.map((row) => this.parse(row)),
    );
  }

  async withLock<T>(id: string, work: (session: LedgerSession) => Promise<T>, wait?: LockWait): Promise<T> {
    const row = new PostgresRow({ table: this.table, system: this.options.scope.system, id, location: this.location });
    const lock = await this.guard(
      () =>
        PostgresLock.acquire(
          {
            key: `sterna:${this.options.schema}:${this.options.scope.system}:${id}`,
            connect: () => this.connections.connect(LOCK_SESSION),
            isUntouched: (client) => row.isUntouched(client),
          },
          (client) => this.createTable(client),
          wait,
        ),
      wait?.signal,
    );
    try {
      return await work(this.session(id, row, lock));
    } finally {
      await lock.release();
    }
  }

  async assertLockable(): Promise<void> {
    await (this.lockable ??= this.guard(() => this.connections.assertOwnSession()));
  }

  async close(): Promise<void> {
    await this.connections.close();
  }

  private session(id: string, row: PostgresRow, lock: PostgresLock): LedgerSession {
    return {
      lost: lock.lost,
      // Only a step that works on the connection asks for it.
      get client() {
        return lock.own;
      },
      noteProgress: (record, progress) => this.progress.note(this.connections.reader, record, progress),
      cancel: () => lock.cancel(),
      blockers: () => blockersOf(this.connections.reader, lock.processId),
      get: async () => {
        const record = await this.guard(() => row.get(lock));
        return record === undefined ? undefined : this.parse({ id, record });
      },
      put: (record) => this.guard(() => row.put(record, lock)),
      remove: () => this.guard(() => row.remove(lock)),
    };
  }

  private async select(client: Queryable, id: string): Promise<StepRecord | undefined> {
    const rows = await this.query(client, `select id, record from ${this.table} where system = $1 and id = $2`, [
      this.options.scope.system,
      id,
    ]);
    return rows[0] && this.parse(rows[0]);
  }

  /** A database without the table has no rows: reading must not create anything, a plan changes nothing. */
  private async query(client: Queryable, sql: string, values: string[]): Promise<LedgerRow[]> {
    try {
      return (await client.query<LedgerRow>(sql, values)).rows;
    } catch (error) {
      if ((error as { code?: string }).code === UNDEFINED_TABLE) return [];
      throw this.unreachable(error);
    }
  }

  private parse({ id, record }: LedgerRow): StepRecord {
    return assertScope(readRow(record, id, this.location), this.options.scope, this.location);
  }

  private async createTable(client: ClientBase): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const found = await client.query("select to_regclass($1) as name", [this.table]);
        if (found.rows[0].name !== null) return;
        await client.query(`create schema if not exists ${escapeIdentifier(this.options.schema)}`);
        // `record` is text, not jsonb: jsonb refuses \u0000 and would reorder what was recorded.
        await client.query(
          `create table if not exists ${this.table} (
             system text not null, id text not null, status text not null, release text not null,
             checksum text not null, started_at timestamptz not null, applied_at timestamptz, record text not null,
             primary key (system, id))`,
        );
        return;
      } catch (error) {
        if (attempt < 10 && CREATION_RACES.includes((error as { code?: string }).code ?? "")) continue;
        throw this.unreachable(error);
      }
    }
  }

  private async guard<T>(access: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await access();
    } catch (error) {
      if (signal?.aborted) throw error;
      throw this.unreachable(error);
    }
  }

  private unreachable(error: unknown): EngineError {
    if (error instanceof EngineError) return error;
    const refusal = databaseRefusal(error, this.location);
    if (refusal !== undefined) return refusal;
    const reason = error instanceof Error ? error.message || (error as { code?: string }).code : String(error);
    return new EngineError(
      "LedgerUnreachable",
      `the ledger in ${this.location} cannot be used: ${reason}. Check that the database runs and that its URL and permissions are right, then apply again.`,
      { cause: error },
    );
  }
}

/** Host, port and database of a URL, without user and password. */
export function describeDatabase(url: string): string {
  try {
    const { hostname, port, pathname, search, hash } = new URL(url);
    // A password with an unescaped "/", "?" or "#" is read as host and path: what follows would show parts of it.
    if (`${pathname}${search}${hash}`.includes("@")) throw new Error("ambiguous");
    return `database ${decodeURIComponent(pathname.slice(1)) || "(default)"} on ${hostname || "localhost"}:${port || 5432}`;
  } catch {
    return "a database whose URL is not valid (are special characters in its password percent-encoded?)";
  }
}
