import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../../engine/engine-error";
import { createPrivateFile } from "../../engine/files/replace-file";
import type { CheckResult } from "../../engine/step-kind";
import type { BackupContext } from "../plan/backup-context";
import type { PartRecord } from "../plan/backup-manifest";
import { assertNotEmpty, assertRestored, compareCounts, type PartContext, type PartKind } from "./part-kind";
import {
  expiringKeys,
  keyspace,
  redisServerAt,
  redisServerOf,
  redisVersion,
  type RedisServer,
} from "./redis-connection";
import { confirmSwap, swapIn } from "./redis-restore";
import { runProgram } from "./run-program";
import { withScratchServer } from "./scratch-server";

/**
 * All logical databases of a Redis server, as a snapshot (RDB) that the server sends as it would to a replica.
 *
 * A managed Redis refuses that command, as it does `MIGRATE` and `REPLICAOF`: there, take the provider's own backup.
 */
export const redisPart: PartKind<"redis"> = {
  async backUp(part, context) {
    const server = await redisServerOf(part, context.resolve);
    // redis-cli ends with 0 after NOAUTH; this connection does not.
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

  async confirm(part, context) {
    return confirmSwap(await redisServerOf(part, context.resolve), context.backupId);
  },
};

function snapshotFile(part: string, { folder }: PartContext): string {
  return join(folder, `${part}.rdb`);
}

/** Lets some work ask a server that was started from the snapshot. */
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
      // While a server loads, it answers to PING with an error.
      answers: (folder) =>
        redisServerAt(socket(folder)).use(0, async (client) => !!(await client.sendCommand(["PING"]))),
    },
    context,
    (folder) => work(redisServerAt(socket(folder))),
  );
}

/** Keys that expired since the backup are gone, and rightly so; all others must be there. */
async function compareKeys(part: string, { counts }: PartRecord, scratch: RedisServer): Promise<CheckResult[]> {
  const [keys, expires] = await scratch.use(0, async (client) => {
    const all = [...(await keyspace(client)).values()].reduce((sum, count) => sum + count, 0);
    return [all, await expiringKeys(client)] as const;
  });
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

/** What `redis-check-rdb` says about a snapshot. */
export interface SnapshotContent {
  readonly keys: number;
  /** Keys, among those, that expire by themselves. */
  readonly expires: number;
  /** Highest number of a logical database in it. */
  readonly highestDatabase: number;
}

/**
 * Reads a snapshot to its end and checks its checksum.
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
