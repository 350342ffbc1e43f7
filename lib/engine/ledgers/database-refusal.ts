import { EngineError } from "../engine-error";

/** What `pg` connects to: a URL of PostgreSQL, or the folder of a socket. */
const POSTGRES = /^postgres(?:ql)?:/i;
const SOCKET = /^(?:socket:|\/)/i;
const SCHEME = /^([a-z][a-z\d+.-]*):\/\//i;

/** Codes with which a server answers and says no (PostgreSQL, "Error Codes"), and what helps. */
const CURES: Readonly<Record<string, string>> = {
  "28000": "Check the user in its URL or secret, and the server's pg_hba.conf",
  "28P01": "Check the user and the password in its URL or secret",
  "3D000": "Create the database, or correct its name in the URL",
  "42501":
    "Give the user of the URL what the ledger needs: `grant create on database … to …`, or let an administrator run `create schema sterna authorization …`",
  "53300": "The server takes no more connections: end idle ones, or raise max_connections",
};

/**
 * Refuses the URL of another kind of database, which `pg` would take for one of PostgreSQL and dial. The URL itself is
 * never shown.
 *
 * @throws EngineError `DatabaseUrlInvalid`
 */
export function requirePostgresUrl(url: string): void {
  const found = mistakeIn(url);
  if (found === undefined) return;
  throw new EngineError(
    "DatabaseUrlInvalid",
    `the URL of the database ${found}; ledgers and SQL steps need PostgreSQL: write "postgresql://user:password@host:5432/database"`,
  );
}

function mistakeIn(url: string): string | undefined {
  if (SOCKET.test(url)) return undefined;
  const scheme = SCHEME.exec(url)?.[1];
  if (scheme === undefined) return "has no scheme";
  if (!POSTGRES.test(url)) return `begins with "${scheme}://"`;
  // As `pg` reads it: a URL, whose host may be left out.
  if ([url, url.replace("@/", "@host/")].some((text) => URL.canParse(text))) return undefined;
  return "cannot be read: write special characters of the password as %XX, such as %23 for # and %2F for /";
}

/** The error for a server that was reached and said no; nothing for any other error. */
export function databaseRefusal(error: unknown, location: string): EngineError | undefined {
  const { code = "", message } = error as { code?: string; message?: string };
  const cure = CURES[code];
  if (cure === undefined) return undefined;
  return new EngineError("DatabaseRefused", `the database of the ledger in ${location} refuses: ${message}. ${cure}.`, {
    cause: error,
  });
}
