import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import type { BackupContext } from "../backup-context";
import { InfluxServer } from "./influxdb-server";
import { withScratchServer } from "./scratch-server";

/** Lets some work ask an empty InfluxDB on two free ports of 127.0.0.1. */
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
    // What was backed up must be there, also when it is older than its retention policy by now.
    "[retention]\n  enabled = false",
    "[monitor]\n  store-enabled = false",
    "[continuous_queries]\n  enabled = false",
    "",
  ].join("\n");
}

/** Both at once: one after the other, they might be the same. */
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
