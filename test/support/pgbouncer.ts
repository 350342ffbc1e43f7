import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { freePort } from "../../lib/testing/postgres/free-port";
import type { PostgresServer } from "./postgres";
import { startServer, type ThrowAwayServer } from "./throw-away-server";

/** A running, throw-away PgBouncer on 127.0.0.1. */
export interface PgBouncer extends ThrowAwayServer {
  /** The same URL, through the pool. */
  through(url: string): string;
}

/** Starts PgBouncer in front of a server. @param settings of `pgbouncer.ini`, as its manual names them */
export async function startPgBouncer(
  server: PostgresServer,
  settings: Readonly<Record<string, string | number>>,
): Promise<PgBouncer> {
  const port = await freePort();
  const { username, password, port: serverPort } = new URL(server.url());
  const through = (url: string): string => {
    const changed = new URL(url);
    changed.port = String(port);
    return changed.href;
  };
  const bouncer = await startServer(
    "pgbouncer",
    (directory) => {
      const config = join(directory, "pgbouncer.ini");
      const all = {
        listen_addr: "127.0.0.1",
        listen_port: port,
        unix_socket_dir: "",
        // Whoever comes is let in, as the user that the database is given.
        auth_type: "any",
        ignore_startup_parameters: "extra_float_digits",
        ...settings,
      };
      const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
      writeFileSync(
        config,
        `[databases]\n* = host=127.0.0.1 port=${serverPort} user=${username} password=${decodeURIComponent(password)}\n[pgbouncer]\n${lines.join("\n")}\n`,
      );
      // It refuses to run as root.
      return process.getuid?.() === 0 ? ["-u", "nobody", config] : [config];
    },
    async () => {
      const client = new Client({ connectionString: through(server.url()) });
      client.on("error", () => undefined);
      try {
        await client.connect();
        return true;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  );
  return { ...bouncer, through };
}
