import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@redis/client";
import type { Certificate } from "../../lib/engine/protocol/certificate";
import { freePort } from "../../lib/testing/postgres/free-port";
import { startServer, type ThrowAwayServer } from "./throw-away-server";

/** A running, throw-away Redis on 127.0.0.1, with a password. */
export interface RedisTestServer extends ThrowAwayServer {
  readonly port: number;
  readonly password: string;

  /** Where it speaks TLS, if it was given a certificate. */
  readonly tlsPort?: number;

  /** Without the password. */
  readonly url: string;

  /** Sends one command to a logical database. @param database @default 0 */
  command(args: readonly string[], database?: number): Promise<unknown>;
}

/**
 * Starts Redis on a free port, without any file of its own.
 *
 * @param certificate with which it speaks TLS, on another port. @default - no TLS
 * @throws Error when it does not start
 */
export async function startRedis(certificate?: Certificate): Promise<RedisTestServer> {
  const port = await freePort();
  const tlsPort = certificate && (await freePort());
  const password = randomBytes(16).toString("hex");
  // The library makes a class with all commands for each set of options; duplicates share it.
  const template = createClient({ password, socket: { host: "127.0.0.1", port, reconnectStrategy: false } });
  const command = async (args: readonly string[], database = 0) => {
    const client = template.duplicate({ database });
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
      if (certificate) {
        writeFileSync(join(directory, "server.crt"), certificate.certificate);
        writeFileSync(join(directory, "server.key"), certificate.key, { mode: 0o600 });
        settings.push(`tls-port ${tlsPort}`, "tls-auth-clients no");
        settings.push("tls-cert-file server.crt", "tls-key-file server.key");
      }
      writeFileSync(config, `${settings.join("\n")}\n`, { mode: 0o600 });
      return [config];
    },
    () => command(["PING"]),
  );
  return { ...server, port, tlsPort, password, url: `redis://127.0.0.1:${port}`, command };
}
