import type { createClient } from "@redis/client";
import { EngineError } from "../../engine/engine-error";
import { isStarting, whenReady, type Readiness } from "../../engine/readiness";
import { loginUrl } from "../../engine/secrets/login-url";
import type { Resolve } from "../plan/backup-context";
import type { PartOf } from "../plan/backup-plan";

const CONNECT_TIMEOUT_MILLISECONDS = 10_000;
/** A data set of many gigabytes takes minutes to load. */
const READINESS: Readiness = { starting: 300_000, listening: 5_000 };

/** A client that uses bytes: keys and values need not be UTF-8. */
export type RedisClient = Awaited<ReturnType<typeof connect>>;

/** A Redis server, reachable by this process and by Redis's own programs. */
export interface RedisServer {
  /** For messages: without the password. */
  readonly description: string;

  /** Arguments with which `redis-cli` connects, without the password. */
  readonly args: readonly string[];

  /** Environment variables for `redis-cli`. */
  readonly variables: Readonly<Record<string, string>>;

  /**
   * Runs work with a connection to the server.
   *
   * @param database number of the logical database
   * @throws EngineError `BackupFailed` when it cannot be reached, or refuses the password
   */
  use<T>(database: number, work: (client: RedisClient) => Promise<T>): Promise<T>;
}

/** The server of a part. @throws EngineError `InvalidBackupPlan` for an invalid Redis URL */
export async function redisServerOf(part: PartOf<"redis">, resolve: Resolve): Promise<RedisServer> {
  const text = loginUrl(await resolve(part.url), "redis", part.id);
  if (!/^rediss?:\/\//.test(text) || !URL.canParse(text)) {
    throw new EngineError("InvalidBackupPlan", `${part.id}: the url must be redis://user@host:6379 or rediss://…`);
  }
  const url = new URL(text);
  const username = decodeURIComponent(url.username);
  const password = part.password ? await resolve(part.password) : decodeURIComponent(url.password);
  const tls = url.protocol === "rediss:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || 6379);
  const description = `Redis at ${url.hostname}:${port}`;
  return {
    description,
    args: ["-h", host, "-p", String(port), ...(username ? ["--user", username] : []), ...(tls ? ["--tls"] : [])],
    variables: { ...(password && { REDISCLI_AUTH: password }) },
    use: (database, work) =>
      withClient(
        description,
        {
          ...(username && { username }),
          ...(password && { password }),
          database,
          socket: { host, port, ...(tls && { tls: true as const }) },
        },
        work,
      ),
  };
}

/** A server that listens on a Unix socket, without a password. */
export function redisServerAt(path: string): RedisServer {
  const description = `Redis at ${path}`;
  return {
    description,
    args: ["-s", path],
    variables: {},
    use: (database, work) => withClient(description, { database, socket: { path, tls: false } }, work),
  };
}

type ClientOptions = NonNullable<Parameters<typeof createClient>[0]>;

async function withClient<T>(
  description: string,
  options: ClientOptions,
  work: (client: RedisClient) => Promise<T>,
): Promise<T> {
  let client: RedisClient;
  try {
    client = await whenReady(() => connect(options), READINESS);
  } catch (cause) {
    const reason = (cause as Error).message || (cause as { code?: string }).code;
    throw new EngineError("BackupFailed", `${description} cannot be reached: ${reason}`, { cause });
  }
  try {
    return await work(client);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError("BackupFailed", `${description} refused: ${(cause as Error).message}`, { cause });
  } finally {
    client.destroy();
  }
}

async function connect(options: ClientOptions) {
  // Loaded with the first connection: few plans have a Redis.
  const { createClient, RESP_TYPES } = await import("@redis/client");
  const client = createClient({
    ...options,
    RESP: 2,
    socket: { ...options.socket, connectTimeout: CONNECT_TIMEOUT_MILLISECONDS, reconnectStrategy: false } as never,
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  // Without a listener, a lost connection would end the process. The next command reports it.
  client.on("error", () => undefined);
  const connected = await client.connect();
  try {
    // A server that is loading its data accepts connections, but refuses every command on keys.
    await connected.sendCommand(["DBSIZE"]);
  } catch (error) {
    // Other refusals, such as a missing permission, are reported by the command that is affected.
    if (!isStarting(error)) return connected;
    connected.destroy();
    throw error;
  }
  return connected;
}

/** How many keys a logical database has. */
export interface KeyCounts {
  readonly keys: number;

  /** Number of these keys that have an expiration. */
  readonly expires: number;
}

/** The keys by logical database, without empty ones. */
export async function keyspace(client: RedisClient): Promise<Map<number, KeyCounts>> {
  const text = String(await client.sendCommand(["INFO", "keyspace"]));
  const found = [...text.matchAll(/^db(\d+):keys=(\d+),expires=(\d+)/gm)];
  return new Map(
    found.map(([, database, keys, expires]) => [Number(database), { keys: Number(keys), expires: Number(expires) }]),
  );
}

/** Memory of the data set in bytes: a snapshot is rarely larger. */
export async function usedMemory(client: RedisClient): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(String(await client.sendCommand(["INFO", "memory"])))?.[1] ?? 0);
}

/** Version of the server. */
export async function redisVersion(client: RedisClient): Promise<string> {
  return /^redis_version:(\S+)/m.exec(String(await client.sendCommand(["INFO", "server"])))?.[1] ?? "unknown";
}
