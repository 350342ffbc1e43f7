import { Client } from "pg";
import { EngineError } from "../../engine/engine-error";
import { rejectAborted } from "../../engine/files/concurrently";
import { destroy, endInTime } from "../../engine/ledgers/pooler";
import { READINESS } from "../../engine/ledgers/postgres-connections";
import { describeDatabase } from "../../engine/ledgers/postgres-ledger";
import { whenReady } from "../../engine/readiness";
import { loginUrl } from "../../engine/secrets/login-url";
import type { Resolve } from "../plan/backup-context";
import type { PartOf } from "../plan/backup-plan";

const CONNECT_TIMEOUT_MILLISECONDS = 10_000;

/** A database, reachable by this process and by PostgreSQL's own programs. */
export class PostgresConnection {
  private constructor(private readonly url: URL) {}

  /** @throws EngineError `InvalidBackupPlan` for an invalid PostgreSQL URL */
  static parse(url: string, part: string): PostgresConnection {
    if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
      throw new EngineError("InvalidBackupPlan", `${part}: the url must be postgresql://user@host:5432/database`);
    }
    const parsed = new URL(url);
    if (parsed.pathname.length > 1) return new PostgresConnection(parsed);
    throw new EngineError("InvalidBackupPlan", `${part}: the url names no database; write postgresql://…/database`);
  }

  /** Name of the database. */
  get database(): string {
    return decodeURIComponent(this.url.pathname.slice(1));
  }

  /** For messages: without the password. */
  get description(): string {
    return describeDatabase(this.url.href);
  }

  /** Another database on the same server. */
  to(database: string): PostgresConnection {
    const url = new URL(this.url);
    url.pathname = `/${encodeURIComponent(database)}`;
    return new PostgresConnection(url);
  }

  /** The value of `--dbname` for a program, without the password. */
  get argument(): string {
    const url = new URL(this.url);
    url.password = "";
    url.searchParams.delete("password");
    return url.href;
  }

  /** Environment variables for a program: the password, and the location of the user's own files. */
  variables(environment: NodeJS.ProcessEnv): Record<string, string> {
    const password = decodeURIComponent(this.url.password) || this.url.searchParams.get("password");
    const files = ["PGPASSFILE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY"].flatMap((name) =>
      environment[name] ? [[name, environment[name]] as const] : [],
    );
    return { ...Object.fromEntries(files), ...(password && { PGPASSWORD: password }) };
  }

  /**
   * Runs work with a separate connection to the database.
   *
   * @param signal ends the connection, even during a query
   * @throws EngineError `BackupFailed` when it cannot be reached, or refuses the password
   */
  async use<T>(work: (client: Client) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const connect = async (): Promise<Client> => {
      const client = new Client({
        connectionString: this.url.href,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
        keepAlive: true,
        application_name: "sterna backup",
      });
      // Without a listener, a lost connection would end the process. The next query reports it.
      client.on("error", () => undefined);
      await client.connect().catch((error: unknown) => {
        destroy(client);
        throw error;
      });
      return client;
    };
    const client = await whenReady(connect, { ...READINESS, signal }).catch((cause: unknown) => {
      signal?.throwIfAborted();
      const reason = (cause as Error).message || (cause as { code?: string }).code;
      throw new EngineError("BackupFailed", `${this.description} cannot be reached: ${reason}`, { cause });
    });
    const stop = (): void => void endInTime(client);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      return await rejectAborted(signal, () => work(client));
    } finally {
      signal?.removeEventListener("abort", stop);
      await endInTime(client);
    }
  }
}

/** The database of a part. */
export async function connectionOf(part: PartOf<"postgres">, resolve: Resolve): Promise<PostgresConnection> {
  const url = loginUrl(await resolve(part.url), "postgres", part.id);
  if (part.password === undefined) return PostgresConnection.parse(url, part.id);
  const password = await resolve(part.password);
  PostgresConnection.parse(url, part.id);
  const withPassword = new URL(url);
  withPassword.password = encodeURIComponent(password);
  return PostgresConnection.parse(withPassword.href, part.id);
}
