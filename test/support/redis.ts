import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "redis";
import { freePort } from "./loopback-port";
import { startServer, type ThrowAwayServer } from "./throw-away-server";

/** A running, throw-away Redis on 127.0.0.1, with a password. */
export interface RedisTestServer extends ThrowAwayServer {
  readonly port: number;
  readonly password: string;

  /** Without the password. */
  readonly url: string;

  /** Sends one command to a logical database. @param database @default 0 */
  command(args: readonly string[], database?: number): Promise<unknown>;
}

/** Starts Redis on a free port, without any file of its own. @throws Error when it does not start */
export async function startRedis(): Promise<RedisTestServer> {
  const port = await freePort();
  const password = randomBytes(16).toString("hex");
  const command = async (args: readonly string[], database = 0) => {
    const client = createClient({ password, database, socket: { host: "127.0.0.1", port, reconnectStrategy: false } });
    client.on("error", () => {});
    await client.connect();
    try {
      return await client.sendCommand(args);
    } finally {
      client.destroy();
    }
  };
  const server = await startServer(
    "redis-server",
    (directory) => {
      const config = join(directory, "redis.conf");
      const settings = [
        "bind 127.0.0.1",
        `port ${port}`,
        'save ""',
        `requirepass ${password}`,
        "repl-diskless-sync-delay 0",
      ];
      writeFileSync(config, `${settings.join("\n")}\n`, { mode: 0o600 });
      return [config];
    },
    () => command(["PING"]),
  );
  return { ...server, port, password, url: `redis://127.0.0.1:${port}`, command };
}
