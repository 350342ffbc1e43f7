import { Client } from "pg";
import { EngineError } from "../engine-error";
import { describeDatabase } from "../ledgers/postgres-ledger";

const CONNECT_TIMEOUT_MILLISECONDS = 10_000;
/** PostgreSQL's classes of errors that mean "there is no such schema, table, column, function, object". */
const UNDEFINED = ["3F000", "42P01", "42703", "42883", "42704"];

/**
 * Lets some work ask a database, and keeps it from changing anything: a query that writes is an error there.
 *
 * @param timeout seconds after which PostgreSQL ends a statement
 * @throws EngineError `LedgerUnreachable`
 */
export async function withReadOnlyDatabase<T>(
  url: string,
  timeout: number | undefined,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
    application_name: "sterna",
    ...(timeout === undefined ? {} : { statement_timeout: Math.ceil(timeout * 1000) }),
  });
  // Without a listener a lost connection would end the process; the next query reports it.
  client.on("error", () => undefined);
  try {
    await client.connect();
    // A statement, not an option of the connection: connection poolers refuse those.
    await client.query("set session characteristics as transaction read only");
  } catch (error) {
    await client.end().catch(() => undefined);
    const reason = (error as Error).message || (error as { code?: string }).code;
    throw new EngineError("LedgerUnreachable", `${describeDatabase(url)} cannot be asked: ${reason}`, { cause: error });
  }
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Whether a query failed because what it asks about does not exist. */
export function isUndefinedObject(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === "string" && UNDEFINED.includes(code)) return true;
  return cause instanceof Error && isUndefinedObject(cause);
}
