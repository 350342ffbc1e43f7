import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../lib/testing/postgres/free-port";
import { startServer, type ThrowAwayServer } from "./throw-away-server";

const USER = "admin";
const PASSWORD = "a password of the test";

/** A running, throw-away InfluxDB 1.x on 127.0.0.1, with password authentication. */
export interface InfluxTestServer extends ThrowAwayServer {
  /** HTTP API. */
  readonly url: string;

  /** Where `influxd backup` connects to. */
  readonly backupAddress: string;
  readonly username: string;
  readonly password: string;

  /** Runs InfluxQL. @throws Error when InfluxDB refuses it */
  query(text: string, database?: string): Promise<{ series?: { values: unknown[][] }[] }>;

  /** Writes points in the line protocol. */
  write(database: string, lines: readonly string[]): Promise<void>;
}

/** Starts InfluxDB on free ports. @throws Error when it does not start */
export async function startInfluxdb(): Promise<InfluxTestServer> {
  const [http, backup] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${http}`;
  const headers = { authorization: `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}` };
  const ask = async (path: string, body?: string) => {
    const response = await fetch(`${url}${path}`, { method: "POST", headers, ...(body !== undefined && { body }) });
    if (!response.ok) throw new Error(await response.text());
    return response.status === 204 ? {} : ((await response.json()) as { results?: [{ error?: string }] });
  };
  const query = async (text: string, database = "") => {
    const answer = await ask(`/query?db=${database}&q=${encodeURIComponent(text)}`);
    const result: { error?: string } = "results" in answer ? (answer.results?.[0] ?? {}) : {};
    if (result.error !== undefined) throw new Error(result.error);
    return result;
  };
  const server = await startServer(
    "influxd",
    (directory) => {
      const path = (name: string) => JSON.stringify(join(directory, name));
      const config = [
        `reporting-enabled = false\nbind-address = "127.0.0.1:${backup}"`,
        `[meta]\ndir = ${path("meta")}\n[data]\ndir = ${path("data")}\nwal-dir = ${path("wal")}`,
        `[http]\nbind-address = "127.0.0.1:${http}"\nauth-enabled = true\nlog-enabled = false`,
        "[monitor]\nstore-enabled = false",
      ].join("\n");
      writeFileSync(join(directory, "influxdb.conf"), config);
      return ["run", "-config", join(directory, "influxdb.conf")];
    },
    async () => (await fetch(`${url}/ping`)).ok,
  );
  await query(`CREATE USER ${USER} WITH PASSWORD '${PASSWORD}' WITH ALL PRIVILEGES`);
  return {
    ...server,
    url,
    backupAddress: `127.0.0.1:${backup}`,
    username: USER,
    password: PASSWORD,
    query: query as InfluxTestServer["query"],
    write: async (database, lines) => void (await ask(`/write?db=${database}`, lines.join("\n"))),
  };
}
