import { createHash } from "node:crypto";
import { Client } from "pg";
import { SternaError } from "../../../core/sterna-error";
import type { Credentials } from "../secret-keys";
import type { TlsSettings } from "../settings";

/** Where a PostgreSQL database is. */
export interface PostgresPlace {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly tls: TlsSettings;
}

const CONNECT_MILLISECONDS = 10_000;
const STATEMENT_MILLISECONDS = 20_000;
const LOCK_MILLISECONDS = 20_000;

/** PostgreSQL, "Error Codes": invalid_authorization_specification, invalid_password. */
const LOGIN_REFUSED = ["28000", "28P01"];
const LOCK_NOT_AVAILABLE = "55P03";

/** Logs in, and ends the session when the work is done. */
export async function withPostgres<Result>(
  place: PostgresPlace,
  { username, password }: Credentials,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({
    host: place.host,
    port: place.port,
    database: place.database,
    user: username,
    password,
    // Never a second try without TLS, which is what AWS's sample does.
    ssl: "waived" in place.tls ? false : { ca: place.tls.certificateAuthority, rejectUnauthorized: true },
    application_name: "sterna-rotator",
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    statement_timeout: STATEMENT_MILLISECONDS,
    query_timeout: STATEMENT_MILLISECONDS + LOCK_MILLISECONDS,
  });
  // A connection that breaks while idle would end the process.
  client.on("error", () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Whether somebody can log in. @throws when the server does not answer */
export async function canLogIn(place: PostgresPlace, credentials: Credentials): Promise<boolean> {
  try {
    await withPostgres(place, credentials, (client) => client.query("SELECT 1"));
    return true;
  } catch (error) {
    if (LOGIN_REFUSED.includes((error as { code?: string }).code ?? "")) return false;
    throw error;
  }
}

/**
 * Takes the lock of a role until the session ends, with the process if need be.
 *
 * @throws SternaError `RotationLocked`
 */
export async function lockRole(client: Client, username: string): Promise<void> {
  const key = createHash("sha256").update(`sterna/rotation/${username}`).digest().readBigInt64BE();
  try {
    await client.query(`SET lock_timeout = ${LOCK_MILLISECONDS}; SET statement_timeout = 0`);
    await client.query("SELECT pg_advisory_lock($1)", [key.toString()]);
    await client.query(`SET statement_timeout = ${STATEMENT_MILLISECONDS}`);
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new SternaError(
      "RotationLocked",
      `another rotation of the role ${username} did not end within ${LOCK_MILLISECONDS / 1000} seconds; try again later`,
    );
  }
}
