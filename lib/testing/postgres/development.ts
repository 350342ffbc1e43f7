import { parse } from "dotenv";
import { createHash } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, escapeIdentifier } from "pg";
import { SternaError } from "../../core/errors";
import { requirePostgres } from "./binaries";
import { initialize, reachable, RunningServer, SUPERUSER } from "./server";
import { unprivilegedAccount, type Account } from "./unprivileged-account";

/** Options of `startDatabases` and `stopDatabases`. */
export interface DatabasesOptions {
  /** Variable of `.sterna/<environment>.env` with the connection URL of an environment, such as `SHOP_DATABASE_URL`. */
  readonly variable: string;

  /**
   * Folder of the project.
   * @default - the working directory
   */
  readonly project?: string;
}

/** A PostgreSQL server for the development of a project. */
export interface DatabasesServer {
  /** Folder with the data and the log of the server. */
  readonly directory: string;

  /** TCP port on 127.0.0.1. */
  readonly port: number;

  /** Names of the databases, one for each environment. */
  readonly databases: readonly string[];
}

/**
 * Starts a PostgreSQL server with a database for each `.sterna/<environment>.env`, and leaves it running: to try a
 * project without any other server. It keeps its data until the folder is deleted. Does nothing if the server runs.
 *
 * @throws SternaError `InvalidDatabases`, `PostgresMissing`, `PostgresFailed`
 */
export async function startDatabases(options: DatabasesOptions): Promise<DatabasesServer> {
  const { port, password, databases } = readDatabases(options);
  const account = unprivilegedAccount();
  const directory = dataFolder(options.project ?? process.cwd(), account);
  const place = { binaries: reachable(requirePostgres(), account, directory), account, directory, password };
  const server = new RunningServer({ ...place, port, settings: {}, outlives: true });
  if (!(await isOurs(server))) {
    if (!existsSync(join(directory, "data", "PG_VERSION"))) await initialize(place);
    await server.start();
  }
  const existing = await server.query<{ datname: string }>("select datname from pg_database");
  const missing = databases.filter((name) => existing.every(({ datname }) => datname !== name));
  for (const name of missing) await server.query(`create database ${escapeIdentifier(name)}`);
  return { directory, port, databases };
}

/**
 * Stops the server that `startDatabases` started. Its data stay.
 *
 * @returns whether it ran
 * @throws SternaError `InvalidDatabases`, `PostgresFailed` if the server does not stop within 15 seconds
 */
export async function stopDatabases(options: DatabasesOptions): Promise<boolean> {
  const { port, password } = readDatabases(options);
  const directory = dataFolder(options.project ?? process.cwd(), unprivilegedAccount());
  const found = await dataDirectoryOf(`postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`);
  if (found !== join(directory, "data")) return false;
  // The first line is the process id: https://www.postgresql.org/docs/current/storage-file-layout.html
  const pidFile = join(found, "postmaster.pid");
  const pid = Number(readFileSync(pidFile, "utf8").split("\n")[0]);
  // Fast shutdown: https://www.postgresql.org/docs/current/server-shutdown.html
  process.kill(pid, "SIGINT");
  for (const end = Date.now() + STOP_MILLISECONDS; existsSync(pidFile); await sleep(POLL_MILLISECONDS)) {
    if (Date.now() > end) throw new SternaError("PostgresFailed", `PostgreSQL (process ${pid}) did not stop`);
  }
  return true;
}

const STOP_MILLISECONDS = 15_000;
const POLL_MILLISECONDS = 50;

interface Databases {
  readonly port: number;
  readonly password: string;
  readonly databases: readonly string[];
}

/** What the URLs of the environments say: one server on this machine, and a database for each. */
function readDatabases({ variable, project = process.cwd() }: DatabasesOptions): Databases {
  const folder = join(project, ".sterna");
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".env")) : [];
  const urls = files.flatMap((name) => {
    const value = parse(readFileSync(join(folder, name)))[variable];
    return value === undefined ? [] : [{ file: join(".sterna", name), url: readUrl(value, join(".sterna", name)) }];
  });
  const [first] = urls;
  const shape = `${variable}=postgresql://${SUPERUSER}:<password>@127.0.0.1:<port>/<database>`;
  if (first === undefined) {
    throw new SternaError(
      "InvalidDatabases",
      `no .sterna/<environment>.env has ${shape}; write it in one file for each environment`,
    );
  }
  for (const { file, url } of urls) {
    const isLocal = url.hostname === "127.0.0.1" && url.username === SUPERUSER && url.port !== "";
    if (!isLocal || url.port !== first.url.port || url.password !== first.url.password) {
      throw new SternaError(
        "InvalidDatabases",
        `${variable} in ${file} is not on the server of ${first.file}; write ${shape} with the same port and password in all files, or start your own server`,
      );
    }
  }
  return {
    port: Number(first.url.port),
    password: decodeURIComponent(first.url.password),
    databases: [...new Set(urls.map(({ url }) => decodeURIComponent(url.pathname.slice(1))))],
  };
}

function readUrl(value: string, file: string): URL {
  if (URL.canParse(value)) return new URL(value);
  throw new SternaError("InvalidDatabases", `a connection URL in ${file} is not a URL; write postgresql://…`);
}

/** `.sterna/postgres`. For root elsewhere: `.sterna` is for its owner alone, and PostgreSQL does not run as root. */
function dataFolder(project: string, account: Account | undefined): string {
  const inside = join(resolve(project), ".sterna", "postgres");
  if (account === undefined) {
    mkdirSync(inside, { recursive: true, mode: 0o700 });
    return inside;
  }
  const name = createHash("sha256").update(inside).digest("hex").slice(0, 16);
  const directory = join(tmpdir(), `sterna-postgres-${name}`);
  if (!existsSync(directory)) {
    mkdirSync(directory, { mode: 0o700 });
    chownSync(directory, account.uid, account.gid);
  }
  requireOwner(directory, account);
  return directory;
}

/** A folder that somebody else made under a known name could hold another's configuration. */
function requireOwner(directory: string, { uid }: Account): void {
  if (statSync(directory).uid === uid) return;
  throw new SternaError(
    "PostgresFailed",
    `${directory} belongs to another user; delete it, or set TMPDIR to a folder of your own`,
  );
}

/** Whether the server that answers is the one of this folder. */
async function isOurs(server: RunningServer): Promise<boolean> {
  const found = await dataDirectoryOf(server.url());
  if (found === undefined || found === join(server.directory, "data")) return found !== undefined;
  throw new SternaError(
    "PostgresFailed",
    `another PostgreSQL server answers on port ${server.port}; stop it, or write another port into .sterna/*.env`,
  );
}

async function dataDirectoryOf(url: string): Promise<string | undefined> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>("show data_directory");
    return rows[0]!.data_directory;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}
