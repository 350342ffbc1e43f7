import { EngineError } from "../../engine/engine-error";
import type { PartContext, Restored } from "./part-kind";
import { keyspace, type RedisClient, type RedisServer } from "./redis-connection";

/** What a server has that nobody configured otherwise (redis.conf, `databases`). */
const DATABASES = 16;
const BATCH = 500;
/** Answers of PTTL (redis.io/commands/pttl). */
const NEVER_EXPIRES = -1;
const EXPIRED = -2;

/**
 * Copies the logical databases of one server into free ones of another, compares, and swaps each with the one of its
 * own number, all in one transaction: clients see the old keys or the restored ones. What was there stays, under the
 * number that was free.
 *
 * @throws EngineError `RestoreFailed`, `RestoreMismatch`; the copies are gone then
 */
export async function swapIn(
  part: string,
  from: RedisServer,
  live: RedisServer,
  context: PartContext,
): Promise<Restored> {
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
export async function confirmSwap(live: RedisServer, backupId: string): Promise<string[]> {
  const emptied: string[] = [];
  for (const database of (await live.use(0, keyspace)).keys()) {
    await live.use(database, async (client) => {
      if ((await client.sendCommand<number>(["EXISTS", marker(backupId)])) !== 1) return;
      await client.sendCommand(["FLUSHDB", "ASYNC"]);
      emptied.push(`logical database ${database}`);
    });
  }
  return emptied;
}

/** A key that tells a database that was kept from one that is used. */
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

/** Copies every key of one logical database with the time that it expires at. */
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

/** @returns whether the key was still there: some expire meanwhile */
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
