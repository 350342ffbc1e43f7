import { Client } from "pg";
import { SternaError } from "../../../core/sterna-error";
import type { Credentials } from "../secret-keys";
import { throwTlsRefusal, tlsOptions } from "../server-tls";
import type { TlsSettings } from "../settings";

/** Where a PostgreSQL database is. */
export interface PostgresPlace {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly tls: TlsSettings;
}

const CONNECT_MILLISECONDS = 10_000;
export const STATEMENT_MILLISECONDS = 20_000;
export const LOCK_MILLISECONDS = 20_000;

/** PostgreSQL, "Error Codes": invalid_authorization_specification, invalid_password. */
const LOGIN_REFUSED = ["28000", "28P01"];

/**
 * Logs in, and ends the session when the work is done.
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
    // Never a second try without TLS, which is what AWS's sample does.
    ssl: tlsOptions(place.tls) ?? false,
    application_name: "sterna-rotator",
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    statement_timeout: STATEMENT_MILLISECONDS,
    query_timeout: STATEMENT_MILLISECONDS + LOCK_MILLISECONDS,
  });
  // A connection that breaks while idle would end the process.
  client.on("error", () => {});
  try {
    await client.connect().catch((error: unknown) => throwTlsRefusal(error, place));
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Whether somebody can log in with a password.
 *
 * @throws SternaError `ServerAsksNoPassword`: anything would do then, and nothing be found out
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
