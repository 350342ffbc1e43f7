import { setTimeout as sleep } from "node:timers/promises";
import { Client, Pool, type ClientBase, type ClientConfig } from "pg";
import { whenReady, type Readiness } from "../readiness";
import { requirePostgresUrl } from "./database-refusal";
import { assertOwnSession, endInTime } from "./pooler";

const CONNECT_TIMEOUT_MILLISECONDS = 10_000;
/** The default of the kernel is two hours; firewalls and proxies forget a silent connection much sooner. */
const KEEP_ALIVE_MILLISECONDS = 30_000;
/** PostgreSQL, "Error Codes": invalid_authorization_specification, invalid_password. */
const LOGIN_REFUSED = ["28000", "28P01"];
/** Longer than the moment in which the rotation of a single user refuses its current password. */
const ROTATION_MILLISECONDS = 10_000;
const ROTATION_POLL_MILLISECONDS = 500;

/** Where a database is, with a login that may have to be fetched, and may have changed since. */
export interface DatabaseAddress {
  /** For messages: without user and password. */
  readonly description: string;

  /** The connection URL as it is now. */
  url(): Promise<string>;
}

/** A server that starts says so; an address that refuses connections is more often wrong than early. */
export const READINESS: Readiness = { starting: 60_000, listening: 5_000 };
/** Rows are small: a server that takes longer to read one no longer responds. */
const READ_MILLISECONDS = 30_000;

export type Queryable = Pick<ClientBase, "query">;

/** Connections to one database. A login that rotation replaced meanwhile is fetched again. */
export class PostgresConnections {
  /** One connection for all reading. A lost one is replaced, and reads that come at once wait for each other. */
  readonly reader: Queryable;
  private pool?: Promise<Pool>;

  /** @param address a URL, or where to fetch it from */
  constructor(private readonly address: string | DatabaseAddress) {
    const query = (...args: [string, unknown[]]) => this.read(...args);
    this.reader = { query } as unknown as Queryable;
  }

  /**
   * A connection of its own, which the caller ends. It waits for a server that starts.
   *
   * @param name what `pg_stat_activity` calls it
   */
  async connect(name = "sterna"): Promise<Client> {
    return whenReady(() => this.open(name), READINESS);
  }

  private async open(name: string): Promise<Client> {
    return this.withLogin(async (url) => {
      // Already the constructor throws, if the URL is none or names a certificate that is not there.
      const client = new Client({ ...settings(url), application_name: name });
      // Without a listener a lost connection would end the process; the next query reports it.
      client.on("error", () => undefined);
      try {
        await client.connect();
        return client;
      } catch (error) {
        await client.end().catch(() => undefined);
        throw error;
      }
    });
  }

  /**
   * Refuses an address that gives each transaction another session.
   *
   * @throws EngineError `TransactionPooler`
   */
  async assertOwnSession(): Promise<void> {
    const client = await this.connect();
    try {
      await assertOwnSession(client, () => this.connect());
    } finally {
      await endInTime(client);
    }
  }

  async close(): Promise<void> {
    const pool = this.pool;
    this.pool = undefined;
    await (await pool?.catch(() => undefined))?.end();
  }

  private async read(...query: [string, unknown[]]) {
    const opened = this.openedPool();
    const pool = await opened;
    try {
      return await whenReady(() => pool.query(...query), { ...READINESS, listening: 0 });
    } catch (error) {
      if (!this.mayHaveRotated(error)) throw error;
      // The pool lost its connection, and knows only the login of then. Others wait in it still, and an ended pool would
      // never answer them.
      this.forget(opened);
      return (await this.openedPool()).query(...query);
    }
  }

  private openedPool(): Promise<Pool> {
    if (this.pool !== undefined) return this.pool;
    const opened = this.openPool();
    // What failed once may not fail the next time.
    opened.catch(() => this.forget(opened));
    return (this.pool = opened);
  }

  private forget(pool: Promise<Pool>): void {
    if (this.pool === pool) this.pool = undefined;
  }

  private async openPool(): Promise<Pool> {
    if (typeof this.address === "string") return poolOf(this.address);
    return this.withLogin(async (url) => {
      const pool = poolOf(url);
      try {
        (await pool.connect()).release();
        return pool;
      } catch (error) {
        await pool.end();
        throw error;
      }
    });
  }

  /** Between the fetching and the login a rotation may have come. */
  private async withLogin<T>(login: (url: string) => Promise<T>): Promise<T> {
    if (typeof this.address === "string") return login(this.address);
    for (const end = performance.now() + ROTATION_MILLISECONDS; ; await sleep(ROTATION_POLL_MILLISECONDS)) {
      try {
        return await login(await this.address.url());
      } catch (error) {
        if (!this.mayHaveRotated(error) || performance.now() > end) throw error;
      }
    }
  }

  private mayHaveRotated(error: unknown): boolean {
    return typeof this.address !== "string" && LOGIN_REFUSED.includes((error as { code?: string }).code ?? "");
  }
}

function poolOf(url: string): Pool {
  return new Pool({ ...settings(url), max: 1, query_timeout: READ_MILLISECONDS }).on("error", () => undefined);
}

function settings(connectionString: string): ClientConfig {
  requirePostgresUrl(connectionString);
  return {
    connectionString,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    application_name: "sterna",
    // A step may wait long for its lock or run long; keep-alive finds a peer that vanished.
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MILLISECONDS,
  };
}
