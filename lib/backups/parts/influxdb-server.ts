import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { EngineError } from "../../engine/engine-error";
import { rejectAborted } from "../../engine/files/concurrently";
import { whenReady, type Readiness } from "../../engine/readiness";
import type { Resolve, BackupContext } from "../plan/backup-context";
import type { PartOf } from "../plan/backup-plan";
import { withScratchServer } from "./scratch-server";

/** The shards of a large restore open one after another. */
const READINESS: Readiness = { starting: 120_000, listening: 5_000 };

/** An InfluxDB 1.x server. */
export class InfluxServer {
  constructor(
    /** HTTP API. */
    private readonly url: string,
    /** Address for `influxd backup` and `influxd restore`: `host:port`. */
    readonly backupAddress: string,
    private readonly authorization?: string,
  ) {}

  static async of(part: PartOf<"influxdb">, resolve: Resolve): Promise<InfluxServer> {
    const url = await resolve(part.url);
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
      throw new EngineError("InvalidBackupPlan", `${part.id}: the url must be http://host:8086 or https://…`);
    }
    const password = part.password && (await resolve(part.password));
    const credentials =
      part.username && `Basic ${Buffer.from(`${part.username}:${password ?? ""}`).toString("base64")}`;
    return new InfluxServer(url, part.backupAddress, credentials);
  }

  /** Version of the server, which needs no authentication. */
  async version(signal: AbortSignal): Promise<string> {
    const response = await this.fetch(new URL("/ping", this.url), "GET", signal);
    return response.headers.get("x-influxdb-version") ?? "unknown";
  }

  /**
   * Counts the values of each field of a database, in all retention policies.
   *
   * @throws EngineError `BackupFailed` when it cannot be reached, refuses the password, or has no such database
   */
  async countValues(database: string, signal: AbortSignal): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    const policies = await this.ask(`SHOW RETENTION POLICIES ON ${quote(database)}`, database, signal);
    for (const policy of policies.flatMap(({ values }) => values.map((row) => String(row[0])))) {
      const series = await this.ask(`SELECT count(*) FROM ${quote(policy)}./.*/`, database, signal);
      for (const { name, columns, values } of series) {
        columns.slice(1).forEach((column, index) => {
          const field = `${policy}.${name}.${column.replace(/^count_/, "")}`;
          counts[field] = Number(values[0]?.[index + 1] ?? 0);
        });
      }
    }
    return counts;
  }

  /** Names of all databases. */
  async databases(signal: AbortSignal): Promise<string[]> {
    const series = await this.ask("SHOW DATABASES", undefined, signal);
    return series.flatMap(({ values }) => (values ?? []).map((row) => String(row[0])));
  }

  /** Deletes a database. */
  async drop(database: string, signal: AbortSignal): Promise<void> {
    await this.ask(`DROP DATABASE ${quote(database)}`, undefined, signal);
  }

  /**
   * A request that the server refuses while it starts, or while it opens restored data, has not begun, so it is
   * retried.
   */
  private ask(query: string, database: string | undefined, signal: AbortSignal): Promise<Series[]> {
    return whenReady(() => this.askOnce(query, database, signal), { ...READINESS, signal });
  }

  private async askOnce(query: string, database: string | undefined, signal: AbortSignal): Promise<Series[]> {
    const url = new URL("/query", this.url);
    url.searchParams.set("q", query);
    if (database !== undefined) url.searchParams.set("db", database);
    const response = await this.fetch(url, query.startsWith("S") ? "GET" : "POST", signal);
    const answer = (await response.json().catch(() => ({}))) as Answer;
    // A failed query also returns 200.
    const error = answer.error ?? answer.results?.find((result) => result.error !== undefined)?.error;
    if (response.ok && error === undefined) return answer.results?.flatMap(({ series }) => series ?? []) ?? [];
    throw new EngineError("BackupFailed", `InfluxDB refused "${query}": ${error ?? `HTTP ${response.status}`}`);
  }

  private async fetch(url: URL, method: "GET" | "POST", signal: AbortSignal): Promise<Response> {
    try {
      return await rejectAborted(signal, () =>
        fetch(url, { method, signal, ...(this.authorization && { headers: { authorization: this.authorization } }) }),
      );
    } catch (cause) {
      signal.throwIfAborted();
      const reason = ((cause as Error).cause as Error | undefined)?.message ?? (cause as Error).message;
      throw new EngineError("BackupFailed", `InfluxDB at ${url.host} cannot be reached: ${reason}`, { cause });
    }
  }
}

/** InfluxQL puts names in double quotes (InfluxQL reference, "Identifiers"). */
function quote(name: string): string {
  return `"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

interface Series {
  readonly name: string;
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

interface Answer {
  readonly error?: string;
  readonly results?: readonly { readonly error?: string; readonly series?: readonly Series[] }[];
}

/** Runs work with an empty InfluxDB on two free ports of 127.0.0.1. */
export async function withScratchInflux<T>(
  context: BackupContext,
  work: (server: InfluxServer) => Promise<T>,
): Promise<T> {
  const [http, backup] = await freePorts();
  const server = new InfluxServer(`http://127.0.0.1:${http}`, `127.0.0.1:${backup}`);
  return withScratchServer(
    {
      program: "influxd",
      async prepare(folder) {
        const config = join(folder, "influxdb.conf");
        await writeFile(config, configuration(folder, http, backup), { mode: 0o600 });
        return ["run", "-config", config];
      },
      answers: async () => (await server.version(context.signal)) !== "",
    },
    context,
    () => work(server),
  );
}

function configuration(folder: string, http: number, backup: number): string {
  const path = (name: string): string => JSON.stringify(join(folder, name));
  return [
    "reporting-enabled = false",
    `bind-address = "127.0.0.1:${backup}"`,
    `[meta]\n  dir = ${path("meta")}`,
    `[data]\n  dir = ${path("data")}\n  wal-dir = ${path("wal")}\n  max-series-per-database = 0\n  max-values-per-tag = 0`,
    `[http]\n  bind-address = "127.0.0.1:${http}"\n  log-enabled = false`,
    // Backed up data must be present even if it is older than its retention policy by now.
    "[retention]\n  enabled = false",
    "[monitor]\n  store-enabled = false",
    "[continuous_queries]\n  enabled = false",
    "",
  ].join("\n");
}

/** Both at once: one after another could return the same port. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()].map((server) => server.listen(0, "127.0.0.1"));
  const ports = await Promise.all(
    servers.map(async (server) => {
      if (!server.listening) await once(server, "listening");
      return (server.address() as AddressInfo).port;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports as [number, number];
}
