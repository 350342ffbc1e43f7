import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { canonicalJson } from "../../manifest/checksum";
import { EngineError } from "../../engine/engine-error";
import { runProgram } from "./run-program";
import type { PartOf } from "../plan/backup-plan";
import {
  assertNotEmpty,
  assertRestored,
  compareCounts,
  type PartContext,
  type PartKind,
  type Restored,
} from "./part-kind";
import { InfluxServer, withScratchInflux } from "./influxdb-server";

const SETTLE_MILLISECONDS = 30_000;
const POLL_MILLISECONDS = 100;

/**
 * An InfluxDB 1.x database, with `influxd backup -portable`.
 *
 * InfluxDB has no snapshots: the counts come from a scratch server with the restored files, and must be at least the
 * live server's counts before the backup.
 */
export const influxdbPart: PartKind<"influxdb"> = {
  restorePrograms: ["influxd"],

  // InfluxDB 1.x tells the size of no database over its API.
  size: async () => ({ stored: 0, readBack: 0 }),

  async backUp(part, context) {
    const { signal } = context;
    const live = await InfluxServer.of(part, context.resolve);
    const before = await live.countValues(part.database, signal);
    assertNotEmpty(part.id, sum(before), part.allowEmpty, `the database ${part.database} of InfluxDB holds no value`);
    const folder = filesOf(part.id, context);
    await mkdir(folder, { mode: 0o700 });
    context.progress(`${part.id}: backs up the database ${part.database} of InfluxDB`);
    const args = ["backup", "-portable", "-host", live.backupAddress, "-db", part.database, folder];
    await runProgram("influxd", args, context, { failure: "BackupFailed" });
    const counts = await countRestored(part.id, part.database, before, context);
    const lost = Object.entries(before).find(([field, count]) => (counts[field] ?? 0) < count);
    // Values that a retention policy deleted meanwhile are missing in the live database too.
    if (
      lost !== undefined &&
      ((await live.countValues(part.database, signal))[lost[0]] ?? 0) > (counts[lost[0]] ?? 0)
    ) {
      throw new EngineError(
        "BackupUnreadable",
        `${part.id}: the backup holds ${counts[lost[0]] ?? 0} values of ${lost[0]}, and the database held ${lost[1]} before it`,
      );
    }
    return { counts, digests: {}, versions: { server: await live.version(signal) } };
  },

  async check(part, record, context) {
    const counts = await countRestored(part.id, part.database, record.counts, context);
    assertRestored(compareCounts(part.id, record, { counts, digests: {} }));
  },

  async drill(part, record, context) {
    const counts = await countRestored(part.id, part.database, record.counts, context);
    return compareCounts(part.id, record, { counts, digests: {} });
  },

  async restore(part, record, context) {
    const live = await InfluxServer.of(part, context.resolve);
    const taken = (await live.databases(context.signal)).includes(part.database);
    const target = taken ? newName(part.database, context.backupId) : part.database;
    await restoreAs(live, part.id, part.database, target, context);
    try {
      const counts = await countSettled(live, target, record.counts, context);
      assertRestored(compareCounts(part.id, record, { counts, digests: {} }));
    } catch (error) {
      await live.drop(target, context.signal);
      throw error;
    }
    return inPlace(part, target, taken);
  },

  async resume(part, record, context) {
    const live = await InfluxServer.of(part, context.resolve);
    const target = newName(part.database, context.backupId);
    if (!(await live.databases(context.signal)).includes(target)) return undefined;
    const counts = await live.countValues(target, context.signal);
    const complete = Object.entries(record.counts).every(([field, count]) => (counts[field] ?? 0) >= count);
    if (complete) return inPlace(part, target, true);
    await live.drop(target, context.signal);
    return undefined;
  },

  // The database that was kept may still be in use: only its owner knows.
  confirm: async () => [],
};

function inPlace({ id, database }: PartOf<"influxdb">, target: string, taken: boolean): Restored {
  return {
    part: id,
    place: `database ${target} of InfluxDB`,
    ...(taken && {
      kept: `database ${database} of InfluxDB`,
      note: `InfluxDB 1.x cannot rename a database: set the name ${target} where the application names ${database}`,
    }),
  };
}

function filesOf(part: string, { folder }: PartContext): string {
  return join(folder, part);
}

function newName(database: string, backupId: string): string {
  return `${database}_${backupId.toLowerCase()}`;
}

/** Restores the files to a scratch server and counts its values. */
async function countRestored(
  part: string,
  database: string,
  expected: Readonly<Record<string, number>>,
  context: PartContext,
): Promise<Record<string, number>> {
  context.progress(`${part}: reads the backup back with an InfluxDB of its own`);
  return withScratchInflux(context, async (scratch) => {
    await restoreAs(scratch, part, database, database, context);
    return countSettled(scratch, database, expected, context);
  });
}

/**
 * Counts the restored values. `influxd restore` ends when it has sent everything, but the server opens its shards only
 * after that. Until then some are missing, or refuse queries: `InfluxServer` waits for these.
 *
 * @param expected counts to wait for; after the timeout, smaller counts are returned
 */
async function countSettled(
  server: InfluxServer,
  database: string,
  expected: Readonly<Record<string, number>>,
  { signal }: PartContext,
): Promise<Record<string, number>> {
  const deadline = performance.now() + SETTLE_MILLISECONDS;
  let previous: string | undefined;
  for (;;) {
    const counts = await server.countValues(database, signal);
    const complete = Object.entries(expected).every(([field, count]) => (counts[field] ?? 0) >= count);
    if ((complete && previous === canonicalJson(counts)) || performance.now() > deadline) return counts;
    previous = canonicalJson(counts);
    await sleep(POLL_MILLISECONDS, undefined, { signal });
  }
}

async function restoreAs(
  server: InfluxServer,
  part: string,
  database: string,
  name: string,
  context: PartContext,
): Promise<void> {
  const names = ["-db", database, ...(name === database ? [] : ["-newdb", name])];
  const args = ["restore", "-portable", "-host", server.backupAddress, ...names, filesOf(part, context)];
  await runProgram("influxd", args, context, { failure: "RestoreFailed" });
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
