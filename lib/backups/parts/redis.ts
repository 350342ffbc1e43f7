import type { CheckResult } from "../../manifest/step-checks";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../../engine/engine-error";
import { createPrivateFile } from "../../core/replace-file";
import type { BackupContext } from "../plan/backup-context";
import type { PartRecord } from "../plan/backup-manifest";
import {
  assertNotEmpty,
  assertRestored,
  assertStillRestored,
  compareCounts,
  type PartContext,
  type PartKind,
  type Restored,
} from "./part-kind";
import {
  keyspace,
  redisServerAt,
  redisServerOf,
  redisVersion,
  usedMemory,
  type RedisServer,
  type RedisClient,
} from "./redis-connection";
import { runProgram } from "./run-program";
import { withScratchServer } from "./scratch-server";

/**
 * All logical databases of a Redis server, as a snapshot (RDB) that the server sends as if to a replica.
 *
 * A managed Redis refuses that command, as well as `MIGRATE` and `REPLICAOF`: use the provider's own backup there.
 */
export const redisPart: PartKind<"redis"> = {
  restorePrograms: ["redis-check-rdb", "redis-server"],

  async size(part, { resolve }) {
    const server = await redisServerOf(part, resolve);
    return { stored: await server.use(0, usedMemory), readBack: 0 };
  },

  async backUp(part, context) {
    const server = await redisServerOf(part, context.resolve);
    // redis-cli exits with 0 after NOAUTH, but this connection fails.
    const version = await server.use(0, redisVersion);
    const file = snapshotFile(part.id, context);
    await createPrivateFile(file);
    context.progress(`${part.id}: takes a snapshot of ${server.description}`);
    await runProgram("redis-cli", [...server.args, "-e", "--no-auth-warning", "--rdb", file], context, {
      variables: server.variables,
      failure: "BackupFailed",
    });
    context.progress(`${part.id}: reads the snapshot back`);
    const { keys, expires } = await readSnapshot(file, context);
    assertNotEmpty(part.id, keys, part.allowEmpty, `${server.description} holds no key`);
    return { counts: { keys, expires }, digests: {}, versions: { server: version } };
  },

  async check(part, record, context) {
    const { keys, expires } = await readSnapshot(snapshotFile(part.id, context), context);
    assertRestored(compareCounts(part.id, record, { counts: { keys, expires }, digests: {} }));
  },

  async drill(part, record, context) {
    return withSnapshotServer(part.id, context, (scratch) => compareKeys(part.id, record, scratch));
  },

  async restore(part, record, context) {
    const live = await redisServerOf(part, context.resolve);
    return withSnapshotServer(part.id, context, async (scratch) => {
      assertRestored(await compareKeys(part.id, record, scratch));
      return swapIn(part.id, scratch, live, context);
    });
  },

  async resume(part, record, context) {
    const live = await redisServerOf(part, context.resolve);
    const kept = await keptDatabases(live, context.backupId);
    if (kept.size === 0) return undefined;
    const place = `logical database ${[...kept.values()].join(", ")}`;
    const aside = `logical database ${[...kept.keys()].join(", ")}`;
    assertStillRestored(place, aside, await compareKeys(part.id, record, live, new Set(kept.values())));
    return { part: part.id, place: live.description, kept: aside };
  },

  async confirm(part, context) {
    return confirmSwap(await redisServerOf(part, context.resolve), context.backupId);
  },
};

function snapshotFile(part: string, { folder }: PartContext): string {
  return join(folder, `${part}.rdb`);
}

/** Runs work with a server that was started from the snapshot. */
async function withSnapshotServer<T>(
  part: string,
  context: PartContext,
  work: (scratch: RedisServer) => Promise<T>,
): Promise<T> {
  const file = snapshotFile(part, context);
  const { highestDatabase } = await readSnapshot(file, context);
  const socket = (folder: string): string => join(folder, "redis.sock");
  context.progress(`${part}: starts a Redis server from the snapshot`);
  return withScratchServer(
    {
      program: "redis-server",
      async prepare(folder) {
        await copyFile(file, join(folder, "dump.rdb"));
        return [
          ...["--port", "0", "--unixsocket", socket(folder), "--unixsocketperm", "700", "--daemonize", "no"],
          // With `appendonly yes`, Redis 7 ignores the snapshot and starts empty.
          ...["--dir", folder, "--dbfilename", "dump.rdb", "--save", "", "--appendonly", "no"],
          ...["--databases", String(Math.max(16, highestDatabase + 1))],
        ];
      },
      // While a server loads, it answers PING with an error.
      answers: (folder) =>
        redisServerAt(socket(folder)).use(0, async (client) => !!(await client.sendCommand(["PING"]))),
    },
    context,
    (folder) => work(redisServerAt(socket(folder))),
  );
}

/**
 * Keys may be missing if they have expired since the backup. All others must be present.
 *
 * @param databases the logical databases that are compared; all if absent
 */
async function compareKeys(
  part: string,
  { counts }: PartRecord,
  server: RedisServer,
  databases?: ReadonlySet<number>,
): Promise<CheckResult[]> {
  let [keys, expires] = [0, 0];
  for (const [database, each] of await server.use(0, keyspace)) {
    if (databases?.has(database) === false) continue;
    keys += each.keys;
    expires += each.expires;
  }
  const recorded = { keys: counts["keys"] ?? 0, expires: counts["expires"] ?? 0 };
  return [
    {
      query: `${part}: keys that never expire`,
      expected: String(recorded.keys - recorded.expires),
      actual: String(keys - expires),
    },
    {
      query: `${part}: at most ${recorded.expires} keys that expire`,
      expected: "true",
      actual: String(expires <= recorded.expires),
    },
  ];
}

/** Content of a snapshot according to `redis-check-rdb`. */
export interface SnapshotContent {
  readonly keys: number;
  /** Number of these keys that have an expiration. */
  readonly expires: number;
  /** Highest number of a logical database in it. */
  readonly highestDatabase: number;
}

/**
 * Reads a whole snapshot and verifies its checksum.
 *
 * @throws EngineError `BackupUnreadable`
 */
async function readSnapshot(file: string, context: BackupContext): Promise<SnapshotContent> {
  const said = await runProgram("redis-check-rdb", [file], context, { failure: "BackupUnreadable" });
  const number = (what: RegExp): number => {
    const found = what.exec(said)?.[1];
    if (found !== undefined) return Number(found);
    throw new EngineError("BackupUnreadable", `redis-check-rdb does not say how many keys ${file} holds: ${said}`);
  };
  const databases = [...said.matchAll(/Selecting DB ID (\d+)/g)].map((match) => Number(match[1]));
  return {
    keys: number(/(\d+) keys read/),
    expires: number(/(\d+) expires/),
    highestDatabase: Math.max(0, ...databases),
  };
}

/** The default number of logical databases (redis.conf, `databases`). */
const DATABASES = 16;
const BATCH = 500;
/** Answers of PTTL (redis.io/commands/pttl). */
const NEVER_EXPIRES = -1;
const EXPIRED = -2;

/**
 * Copies the logical databases of one server into unused ones of another, compares them, and swaps each with the one of
 * the same number, all in one transaction: clients see either the old keys or the restored ones. The previous data
 * stays under the number that was unused.
 *
 * @throws EngineError `RestoreFailed`, `RestoreMismatch`; the copies are then removed
 */
async function swapIn(part: string, from: RedisServer, live: RedisServer, context: PartContext): Promise<Restored> {
  const databases = [...(await from.use(0, keyspace)).keys()];
  const pairs = await chooseFree(databases, live);
  try {
    for (const { database, free } of pairs) {
      context.progress(`${part}: restores logical database ${database} beside the live one, as ${free}`);
      await from.use(database, (source) =>
        live.use(free, (target) => copyKeys(source, target, database, context.signal)),
      );
    }
    await live.use(0, async (client) => {
      const swap = client.multi();
      for (const { database, free } of pairs) swap.addCommand(["SWAPDB", String(database), String(free)]);
      await swap.exec();
    });
  } catch (error) {
    for (const { free } of pairs) await live.use(free, (client) => client.sendCommand(["FLUSHDB", "ASYNC"]));
    throw error;
  }
  for (const { database, free } of pairs) {
    await live.use(free, (client) => client.sendCommand(["SET", marker(context.backupId), String(database)]));
  }
  const text = (which: "database" | "free"): string => pairs.map((pair) => pair[which]).join(", ");
  return {
    part,
    place: `logical database ${text("database")}`,
    kept: `logical database ${text("free")}`,
    note: pairs.map(({ database, free }) => `undo with SWAPDB ${database} ${free}`).join("; "),
  };
}

/** Empties the logical databases that a restore kept. */
async function confirmSwap(live: RedisServer, backupId: string): Promise<string[]> {
  const kept = [...(await keptDatabases(live, backupId)).keys()];
  for (const database of kept) await live.use(database, (client) => client.sendCommand(["FLUSHDB", "ASYNC"]));
  return kept.map((database) => `logical database ${database}`);
}

/** The logical databases that a restore kept, each with the number that it had before. */
async function keptDatabases(live: RedisServer, backupId: string): Promise<Map<number, number>> {
  const kept = new Map<number, number>();
  for (const database of (await live.use(0, keyspace)).keys()) {
    const before = await live.use(database, (client) => client.sendCommand<Buffer | null>(["GET", marker(backupId)]));
    if (before !== null) kept.set(database, Number(before));
  }
  return kept;
}

/** A key that distinguishes a kept database from one in use. */
function marker(backupId: string): string {
  return `sterna:kept-by-restore:${backupId}`;
}

async function chooseFree(databases: readonly number[], live: RedisServer) {
  const used = await live.use(0, keyspace);
  const free = Array.from({ length: DATABASES }, (_, index) => DATABASES - 1 - index).filter(
    (number) => !used.has(number) && !databases.includes(number),
  );
  if (free.length >= databases.length) return databases.map((database, index) => ({ database, free: free[index]! }));
  throw new EngineError(
    "RestoreFailed",
    `${live.description} has ${free.length} empty logical databases, and the restore needs ${databases.length} to keep ` +
      `what is there; empty one of them, or confirm the previous restore`,
  );
}

/** Copies every key of one logical database with its expiration. */
async function copyKeys(
  source: RedisClient,
  target: RedisClient,
  database: number,
  signal: AbortSignal,
): Promise<void> {
  let cursor = "0";
  let gone = 0;
  do {
    signal.throwIfAborted();
    const [next, keys] = await source.sendCommand<[Buffer, Buffer[]]>(["SCAN", cursor, "COUNT", String(BATCH)]);
    cursor = String(next);
    const copied = await Promise.all(keys.map((key) => copyKey(source, target, key)));
    gone += copied.filter((done) => !done).length;
  } while (cursor !== "0");
  const [expected, actual] = await Promise.all(
    [source, target].map((client) => client.sendCommand<number>(["DBSIZE"])),
  );
  if (actual! <= expected! + gone && actual! >= expected! - gone) return;
  throw new EngineError(
    "RestoreMismatch",
    `logical database ${database} holds ${expected} keys, and ${actual} arrived; nothing was swapped`,
  );
}

/** @returns whether the key still existed: some expire meanwhile */
async function copyKey(source: RedisClient, target: RedisClient, key: Buffer): Promise<boolean> {
  const [value, left] = await Promise.all([
    source.sendCommand<Buffer | null>(["DUMP", key]),
    source.sendCommand<number>(["PTTL", key]),
  ]);
  if (value === null || left === EXPIRED) return false;
  const expires = left === NEVER_EXPIRES ? "0" : String(Date.now() + left);
  await target.sendCommand(["RESTORE", key, expires, value, "REPLACE", "ABSTTL"]);
  return true;
}
