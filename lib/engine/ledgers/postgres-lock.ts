import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseError, type Client } from "pg";
import { EngineError } from "../engine-error";
import type { LockWait } from "./ledger";
import { assertOwnSession, destroy, endInTime, sessionOf, transactionPooler } from "./pooler";

const POLL_MILLISECONDS = 200;
/** Firewalls, proxies and servers cut a connection that is silent for minutes. */
const HEARTBEAT_MILLISECONDS = 20_000;
/** What an answer to something small may take before the connection counts as dead. */
const ANSWER_MILLISECONDS = 30_000;
/** What a stopped step's statement may take to end after PostgreSQL was told to cancel it. */
const CANCEL_MILLISECONDS = 8_000;
const GOODBYE_MILLISECONDS = 2_000;
const RECONNECT_PAUSE_MILLISECONDS = 500;
/** The old session of a server that is slow to notice ends within a few attempts. */
const TRIES_FOR_LOCK = 5;
/** PostgreSQL, "Error Codes": the session was ended by an administrator, a crash, a dropped database, or for being idle. */
const SESSION_ENDED = /^(57P0[1245]|08|25P0[34])/;

const LOCK_IS_FREE = "select pg_try_advisory_lock(hashtextextended($1, 0)) as locked, pg_backend_pid() as pid";
/** An advisory lock of one bigint shows its halves; source: PostgreSQL, "pg_locks". */
const HELD_BY = `from pg_locks l left join pg_stat_activity a using (pid)
  where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
    and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended($1, 0)`;

export interface PostgresLockOptions {
  /** Names the lock in the database. */
  readonly key: string;

  /** Opens a connection of its own. */
  connect(): Promise<Client>;

  /** Whether the row that the lock protects is still as its holder knows it: asked when the lock was lost. */
  isUntouched(client: Client): Promise<boolean>;
}

/**
 * An advisory lock of a session, and the connection that is this session.
 *
 * The connection gives a sign of life, so that nothing on its way forgets it. When it is lost nevertheless, another one
 * takes the lock again, and its holder goes on, unless another run wrote the row meanwhile.
 */
export class PostgresLock {
  private client!: Client;
  private session?: { readonly pid: number; readonly since: string };
  private readonly losing = new AbortController();
  private reconnecting?: Promise<void>;
  private readonly timer: NodeJS.Timeout;
  private released = false;
  private locked = false;
  private tries = 0;
  /** The connection that a step works on. */
  private pinned?: Client;

  private constructor(private readonly options: PostgresLockOptions) {
    this.timer = setInterval(() => void this.beat(), HEARTBEAT_MILLISECONDS).unref();
  }

  /**
   * Waits until the lock is free, then takes it.
   *
   * @param prepare what the connection does before it waits
   * @throws EngineError `TransactionPooler`
   */
  static async acquire(
    options: PostgresLockOptions,
    prepare: (client: Client) => Promise<void>,
    wait: LockWait = {},
  ): Promise<PostgresLock> {
    const lock = new PostgresLock(options);
    const taken = lock.take(prepare, wait);
    try {
      await untilAborted(taken, wait.signal);
      return lock;
    } catch (error) {
      await lock.release();
      // A connection that is still being made comes too late.
      taken.catch(() => undefined).finally(() => lock.client && destroy(lock.client));
      throw error;
    }
  }

  /** The connection, for a step that works in its session. No other connection continues that work. */
  get own(): Client {
    return (this.pinned = this.client);
  }

  /** Process of the server that works for the session which holds the lock. */
  get processId(): number {
    return this.session!.pid;
  }

  /** Aborted, with the reason, once another run has written the row. */
  get lost(): AbortSignal {
    return this.losing.signal;
  }

  /**
   * Asks through the connection that holds the lock, or through the one that replaces it.
   *
   * @param work is repeated when the connection was lost
   * @param patience milliseconds that a lost connection is waited for; none for a step that works on the connection,
   *   since its transaction is lost with it, unless `afresh`
   */
  async ask<T>(work: (client: Client) => Promise<T>, patience: number, afresh = false): Promise<T> {
    const pinned = afresh ? undefined : this.pinned;
    const end = performance.now() + (pinned === undefined ? patience : 0);
    for (;;) {
      this.losing.signal.throwIfAborted();
      const client = pinned ?? this.client;
      try {
        return await answered(client, work(client), Math.min(ANSWER_MILLISECONDS, patience));
      } catch (error) {
        const left = end - performance.now();
        if (!isConnectionLoss(error) || left <= 0) throw error;
        await Promise.race([this.reconnect(client), sleep(left, undefined, { ref: false })]);
        this.losing.signal.throwIfAborted();
        if (this.client === client) throw error;
      }
    }
  }

  /** Cancels the statement of a step; closes the connection when the server does not respond. */
  async cancel(): Promise<void> {
    const { pinned } = this;
    if (pinned === undefined || pinned !== this.client) return;
    const grace = sleep(CANCEL_MILLISECONDS, undefined, { ref: false });
    await Promise.race([this.askToCancel().catch(() => undefined), grace]);
    await grace;
    if (!this.released) destroy(pinned);
  }

  /** Never throws: the lock ends with the connection. */
  async release(): Promise<void> {
    this.released = true;
    clearInterval(this.timer);
    const { client } = this;
    if (client === undefined) return;
    // A pool in session mode may keep the session, and with it the lock.
    const unlocked = client.query("select pg_advisory_unlock(hashtextextended($1, 0))", [this.options.key]);
    await Promise.race([unlocked.catch(() => undefined), sleep(GOODBYE_MILLISECONDS, undefined, { ref: false })]);
    await endInTime(client);
  }

  private async take(prepare: (client: Client) => Promise<void>, wait: LockWait): Promise<void> {
    const client = (this.client = await this.options.connect());
    if (this.released) return;
    await assertOwnSession(client, this.options.connect);
    await prepare(client);
    await this.waitFor(client, wait);
    await this.use(client, true);
  }

  /** Polls instead of waiting inside PostgreSQL, so that the waiting can be ended and a proxy sees a living connection. */
  private async waitFor(client: Client, wait: LockWait): Promise<void> {
    const { key } = this.options;
    for (let waited = false; ; waited = true) {
      const tried = await answered(client, client.query(LOCK_IS_FREE, [key]), ANSWER_MILLISECONDS);
      if (tried.rows[0].locked === true) return this.assertKept(client, tried.rows[0].pid);
      if (!waited) wait.onWait?.(await this.holder(client));
      await sleep(POLL_MILLISECONDS, undefined, { signal: wait.signal });
    }
  }

  /** A lock that was taken in one session is of no use to a connection that speaks to another one by now. */
  private async assertKept(client: Client, pid: number): Promise<void> {
    const held = await client.query(`select pg_backend_pid() as pid, a.pid as holder ${HELD_BY}`, [this.options.key]);
    if (held.rows.some((row) => row.pid === pid && row.holder === pid)) return;
    throw transactionPooler(client);
  }

  private async holder(client: Client): Promise<string> {
    const { rows } = await client.query(
      `select l.pid, a.application_name as name, host(a.client_addr) as address, a.backend_start as since ${HELD_BY}`,
      [this.options.key],
    );
    const [row] = rows as { pid: number; name: string | null; address: string | null; since: Date | null }[];
    if (row === undefined) return "another session of the database";
    const who = [row.name, row.address && `from ${row.address}`, row.since && `since ${row.since.toISOString()}`];
    const known = who.filter(Boolean).join(" ");
    return `session ${row.pid} of the database${known && ` (${known})`}`;
  }

  private async use(client: Client, locked: boolean): Promise<void> {
    const { rows } = await client.query(
      "select pid, backend_start::text as since from pg_stat_activity where pid = pg_backend_pid()",
    );
    this.session = rows[0];
    this.client = client;
    this.locked = locked;
    client.once("end", () => void this.reconnect(client));
  }

  private async beat(): Promise<void> {
    const { client, session } = this;
    const idle = (client as { readyForQuery?: boolean } | undefined)?.readyForQuery === true;
    if (!idle || session === undefined || client.getTransactionStatus() === "E") return;
    try {
      if ((await answered(client, sessionOf(client), ANSWER_MILLISECONDS)) !== session.pid) {
        this.losing.abort(transactionPooler(client));
      } else if (!this.locked) {
        this.locked = (await this.relock(client)) === "locked";
      }
    } catch (error) {
      if (isConnectionLoss(error)) void this.reconnect(client);
    }
  }

  /** @param lost the connection that is gone; another one may have taken its place already */
  private reconnect(lost: Client): Promise<void> {
    if (this.released || this.losing.signal.aborted || lost !== this.client) return Promise.resolve();
    return (this.reconnecting ??= this.replace(lost).finally(() => (this.reconnecting = undefined)));
  }

  private async replace(lost: Client): Promise<void> {
    destroy(lost);
    while (!this.released) {
      try {
        const client = await this.options.connect();
        if (await this.continueWith(client)) return;
        destroy(client);
      } catch {
        // The database starts again, or the network is away: it is asked once more.
      }
      await sleep(RECONNECT_PAUSE_MILLISECONDS, undefined, { ref: false });
    }
  }

  /** @returns whether there is nothing more to try */
  private async continueWith(client: Client): Promise<boolean> {
    // The server may not have noticed that the old connection is gone, and keep the lock for it.
    const { pid, since } = this.session ?? {};
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and backend_start::text = $2",
      [pid, since],
    );
    const outcome = await this.relock(client);
    if (outcome === "lost") destroy(client);
    if (this.released || outcome === "lost") return outcome === "lost";
    // Whoever holds it, and leaves the row as it is, waits for this process, which the row names.
    if (outcome === "taken" && ++this.tries % TRIES_FOR_LOCK !== 0) return false;
    await this.use(client, outcome === "locked");
    return true;
  }

  private async relock(client: Client): Promise<"locked" | "taken" | "lost"> {
    const { rows } = await client.query(LOCK_IS_FREE, [this.options.key]);
    if (await this.options.isUntouched(client)) return rows[0].locked === true ? "locked" : "taken";
    this.losing.abort(
      new EngineError(
        "LedgerConflict",
        "the connection that held the lock of the step was lost, and another run took the lock and wrote the row of the step. This run stops, and writes nothing more. Apply again: the next run continues from the recorded state.",
      ),
    );
    return "lost";
  }

  private async askToCancel(): Promise<void> {
    const client = await this.options.connect();
    try {
      await client.query("select pg_cancel_backend($1)", [this.session?.pid]);
    } finally {
      destroy(client);
    }
  }
}

/** Cuts a connection that does not answer: its query fails then. */
async function answered<T>(client: Client, answer: Promise<T>, milliseconds: number): Promise<T> {
  const timer = setTimeout(() => destroy(client), milliseconds).unref();
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a query failed because its connection is gone, and not because PostgreSQL refused it. */
function isConnectionLoss(error: unknown): boolean {
  if (error instanceof EngineError) return error.code === "LedgerUnreachable" && isConnectionLoss(error.cause);
  return !(error instanceof DatabaseError) || SESSION_ENDED.test(error.code ?? "");
}

/** Lets a signal end what waits for an answer, also of a server that gives none. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
