import { createHash } from "node:crypto";
import { Client } from "pg";
import { SternaError } from "../../core/errors";
import type { Credentials } from "../credentials";
import { throwTlsRefusal, tlsOptions } from "../server-tls";
import type { TlsSettings } from "../settings";

/** Location of a PostgreSQL database. */
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

/**
 * Logs in, and closes the session after the work.
 *
 * @throws SternaError `ServerCertificateRefused`, `ServerWithoutTls`
 */
export async function withPostgres<Result>(
  place: PostgresPlace,
  { username, password }: { readonly username: string; readonly password: string | (() => string) },
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({
    host: place.host,
    port: place.port,
    database: place.database,
    user: username,
    password,
    // Never retries without TLS, as AWS's sample does.
    ssl: tlsOptions(place.tls) ?? false,
    application_name: "sterna-rotator",
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    statement_timeout: STATEMENT_MILLISECONDS,
    query_timeout: STATEMENT_MILLISECONDS + LOCK_MILLISECONDS,
  });
  // A connection error while idle would end the process.
  client.on("error", () => {});
  try {
    await client.connect().catch((error: unknown) => throwTlsRefusal(error, place));
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Whether a user can log in with a password.
 *
 * @throws SternaError `ServerAsksNoPassword`: any password would be accepted, so the test would prove nothing
 * @throws when the server does not answer
 */
export async function canLogIn(place: PostgresPlace, { username, password }: Credentials): Promise<boolean> {
  let asked = false;
  const tellPassword = () => {
    asked = true;
    return password;
  };
  try {
    await withPostgres(place, { username, password: tellPassword }, (client) => client.query("SELECT 1"));
  } catch (error) {
    if (LOGIN_REFUSED.includes((error as { code?: string }).code ?? "")) return false;
    throw error;
  }
  if (asked) return true;
  throw new SternaError(
    "ServerAsksNoPassword",
    `${place.host}:${place.port} lets "${username}" in without a password, so that any password seems to work, and none ` +
      "would be set. Write scram-sha-256 instead of trust, peer or cert in its pg_hba.conf",
  );
}

const LOCK_NOT_AVAILABLE = "55P03";

/**
 * How long the server keeps a session whose client disappeared silently, as when AWS Lambda ends a function at its
 * timeout. Longer than that function may run.
 */
const ABANDONED_SECONDS = 120;

/** Settings of PostgreSQL 14, some of which older versions lack. Linux itself would wait for two hours. */
const ABANDONED_SETTINGS: Readonly<Record<string, string>> = {
  idle_session_timeout: `${ABANDONED_SECONDS}s`,
  idle_in_transaction_session_timeout: `${ABANDONED_SECONDS}s`,
  tcp_keepalives_idle: "30",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "3",
  tcp_user_timeout: `${ABANDONED_SECONDS}s`,
};

/**
 * Makes an administrator's session safe in a database that belongs to others, and locks a role until the session or the
 * process ends.
 *
 * Nothing may be resolved in a schema that an application can write to: its functions and operators would run as the
 * administrator (CVE-2018-1058). The owner of a database can set a `search_path` for it, so the session overrides it.
 *
 * @param lockMilliseconds how long to wait for the lock
 * @throws SternaError `RotationLocked`
 * @see https://wiki.postgresql.org/wiki/A_Guide_to_CVE-2018-1058:_Protect_Your_Search_Path
 */
export async function beginAdminSession(
  client: Client,
  username: string,
  lockMilliseconds = LOCK_MILLISECONDS,
): Promise<void> {
  // A role set by `ALTER ROLE … SET role` may not be the one that can change passwords, and RESET would not undo it.
  await client.query("SET ROLE NONE; SET search_path TO ''; SET default_transaction_read_only TO off");
  await client.query(
    "SELECT set_config(name, $1::jsonb ->> name, false) FROM pg_settings WHERE name IN (SELECT jsonb_object_keys($1))",
    [JSON.stringify(ABANDONED_SETTINGS)],
  );
  await lockRole(client, username, lockMilliseconds);
}

async function lockRole(client: Client, username: string, milliseconds: number): Promise<void> {
  const key = createHash("sha256").update(`sterna/rotation/${username}`).digest().readBigInt64BE();
  try {
    await client.query(`SET lock_timeout = ${milliseconds}; SET statement_timeout = 0`);
    await client.query("SELECT pg_advisory_lock($1)", [key.toString()]);
    await client.query(`SET statement_timeout = ${STATEMENT_MILLISECONDS}`);
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    throw new SternaError(
      "RotationLocked",
      `another rotation of the role ${username} did not end within ${milliseconds / 1000} seconds; try again later. ` +
        `Its lock ends with its session: ${await holderOf(client, key)}`,
    );
  }
}

/** The holder of an advisory lock. A 64-bit key is stored in two 32-bit columns. */
async function holderOf(client: Client, key: bigint): Promise<string> {
  const { rows } = await client.query<{ pid: number; usename: string; application_name: string }>(
    `SELECT activity.pid, usename, application_name FROM pg_locks JOIN pg_stat_activity activity USING (pid)
      WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = $1::bigint`,
    [key.toString()],
  );
  const [holder] = rows;
  if (holder === undefined) return "it has just ended";
  return `process ${holder.pid} of the user "${holder.usename}" (${holder.application_name || "no application name"})`;
}
