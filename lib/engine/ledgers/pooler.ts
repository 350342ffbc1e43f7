import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { EngineError } from "../engine-error";

/** Connections that are opened to find out whether they share a session. */
const PROBES = 4;
/** A pool that keeps sessions apart and is full lets a new one wait. */
const PROBE_MILLISECONDS = 3_000;
const GOODBYE_MILLISECONDS = 2_000;
const REFUSED_BY_STATEMENT_POOLING = /transaction blocks not allowed/;

/**
 * Refuses a connection whose statements may reach another session each, as a pooler in transaction mode gives them: a
 * lock of a session would protect nothing there, and would stay behind in the pool.
 *
 * PostgreSQL tells a client the process id of its session when it connects. A pooler tells one of its own making, so
 * there is something between. Whether it keeps sessions apart shows when another connection begins a transaction: it
 * gets the session of the first one, or the first one gets another, unless each has a session of its own.
 *
 * @param another opens one more connection to the same address
 * @throws EngineError `TransactionPooler`
 */
export async function assertOwnSession(client: Client, another: () => Promise<Client>): Promise<void> {
  const own = await sessionOf(client);
  if (own === announcedSession(client)) return;
  const others: Promise<Client>[] = [];
  try {
    while (others.length < PROBES) {
      others.push(another());
      const other = await inTime(others.at(-1)!);
      if (other === undefined) return;
      const shared = await inTime(sessionInTransaction(other));
      if (shared === undefined) return;
      if (shared === own || (await sessionOf(client)) !== own) throw transactionPooler(client);
    }
  } finally {
    for (const other of others) other.then(destroy, () => undefined);
  }
}

/** What a lock that was lost to a pooler is refused with. */
export function transactionPooler({ host, port, database }: Client): EngineError {
  return new EngineError(
    "TransactionPooler",
    `database ${database ?? "(default)"} on ${host}:${port} is reached through a connection pooler in transaction mode: each transaction may run in another session, so the lock of a step protects nothing, and the step could run twice. Connect to the database itself, or to a pool in session mode: ${cureFor(host)}.`,
  );
}

/** The process id of the session that runs the statements of a connection. */
export async function sessionOf(client: Pick<Client, "query">): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]!.pid;
}

/** Ends a connection; one that is not answered is cut. */
export async function endInTime(client: Client): Promise<void> {
  const ended = client.end().then(
    () => true,
    () => true,
  );
  if (!(await Promise.race([ended, sleep(GOODBYE_MILLISECONDS, false, { ref: false })]))) destroy(client);
}

/** Ends a connection without waiting for an answer. */
export function destroy(client: Client): void {
  client.end().catch(() => undefined);
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

function announcedSession(client: Client): number {
  return (client as unknown as { processID: number }).processID;
}

/** @returns nothing to compare when the pool refused the connection; -1 when it refuses transactions */
async function sessionInTransaction(client: Client): Promise<number | undefined> {
  try {
    await client.query("begin");
    return await sessionOf(client);
  } catch (error) {
    if (!REFUSED_BY_STATEMENT_POOLING.test((error as Error).message)) return undefined;
    throw transactionPooler(client);
  }
}

/** @returns nothing when it took too long or failed, as with a pool that is full */
async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  const failed = work.catch((error: unknown) => {
    if (error instanceof EngineError) throw error;
    return undefined;
  });
  return Promise.race([failed, sleep(PROBE_MILLISECONDS, undefined, { ref: false })]);
}

function cureFor(host: string): string {
  if (/(^|\.)pooler\.supabase\.com$/.test(host)) {
    return "with Supabase, port 5432 of the pooler is session mode, and db.<project>.supabase.co is the database";
  }
  if (/-pooler\./.test(host)) return `with Neon, the host without "-pooler": ${host.replace("-pooler.", ".")}`;
  if (/\.proxy-[^.]+\..*rds\.amazonaws\.com/.test(host)) {
    return "with RDS Proxy, the endpoint of the instance or cluster behind it";
  }
  return 'with PgBouncer, a database or user with pool_mode = session, or the port of PostgreSQL; with Supabase, port 5432; with Neon, the host without "-pooler"; with RDS Proxy, the endpoint of the instance or cluster';
}
