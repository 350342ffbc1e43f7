import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Client } from "pg";
import { EngineError } from "../../engine-error";
import { createPrivateFile } from "../../files/replace-file";
import { someOf } from "../../some-of";
import { runProgram } from "../run-program";
import { assertNotEmpty, assertRestored, compareCounts, differencesIn } from "./compare-counts";
import type { PartContext, PartContent, PartKind } from "./part-kind";
import { connectionOf, PostgresConnection } from "./postgres-connection";
import { countTables, databaseSettings, prepareSession } from "./postgres-contents";
import { countDumpedRows } from "./postgres-dump";
import { createEmptyDatabase, dropDatabase, keptName, restoreInto, swapDatabases } from "./postgres-restore";

/**
 * A database of PostgreSQL, by pg_dump in the custom format.
 *
 * Dump, counts and digests are of one snapshot: they agree row by row, whatever is written meanwhile. Roles and
 * tablespaces belong to the server, and are in no dump of a database.
 */
export const postgresPart: PartKind<"postgres"> = {
  async backUp(part, context) {
    const connection = await connectionOf(part, context.resolve);
    const file = dumpFile(part.id, context);
    const content = await connection.use(
      (client) =>
        withSnapshot(client, async (snapshot) => {
          await createPrivateFile(file);
          context.progress(`${part.id}: dumps ${connection.description}`);
          const args = ["--format=custom", "--no-password", `--snapshot=${snapshot}`, `--file=${file}`];
          await runProgram("pg_dump", [...args, `--dbname=${connection.argument}`], context, {
            variables: connection.variables(context.environment),
            failure: "BackupFailed",
          });
          context.progress(`${part.id}: counts ${part.digests ? "and digests " : ""}rows`);
          return describe(client, part.digests, context);
        }),
      context.signal,
    );
    const rows = Object.values(content.counts).reduce((sum, count) => sum + count, 0);
    const tables = Object.keys(content.counts).length;
    assertNotEmpty(part.id, rows, part.allowEmpty, `${connection.description} has ${tables} tables and no row`);
    await assertDumpHolds(file, content.counts, context);
    return content;
  },

  async check(part, record, context) {
    await assertDumpHolds(dumpFile(part.id, context), record.counts, context);
  },

  async drill(part, record, context) {
    const server =
      part.drillUrl === undefined
        ? await connectionOf(part, context.resolve)
        : PostgresConnection.parse(await context.resolve(part.drillUrl), part.id);
    const scratch = server.to(`sterna_drill_${randomBytes(6).toString("hex")}`);
    const maintenance = server.to(part.maintenanceDatabase);
    await createEmptyDatabase(maintenance, scratch.database, record.settings);
    try {
      // Another server need not have the same roles.
      await restoreInto(scratch, dumpFile(part.id, context), ["--no-owner", "--no-privileges"], context);
      return compareCounts(part.id, record, await contentsOf(scratch, part.digests, context));
    } finally {
      await dropDatabase(maintenance, scratch.database);
    }
  },

  async restore(part, record, context) {
    const live = await connectionOf(part, context.resolve);
    const maintenance = live.to(part.maintenanceDatabase);
    const fresh = live.to(keptName(live.database, "new", context.backupId));
    const kept = keptName(live.database, "before", context.backupId);
    await createEmptyDatabase(maintenance, fresh.database, record.settings, live.database);
    try {
      await restoreInto(fresh, dumpFile(part.id, context), [], context);
      assertRestored(compareCounts(part.id, record, await contentsOf(fresh, part.digests, context)));
      const swapped = await swapDatabases(maintenance, live.database, fresh.database, kept);
      return {
        part: part.id,
        place: `database ${live.database}`,
        ...(swapped && {
          kept: `database ${kept}`,
          note: `sessions of ${live.database} were ended; undo with ALTER DATABASE … RENAME TO …`,
        }),
      };
    } catch (error) {
      await dropDatabase(maintenance, fresh.database);
      throw error;
    }
  },

  async confirm(part, context) {
    const live = await connectionOf(part, context.resolve);
    const kept = keptName(live.database, "before", context.backupId);
    const dropped = await dropDatabase(live.to(part.maintenanceDatabase), kept);
    return dropped ? [`database ${kept}`] : [];
  },
};

function dumpFile(part: string, { folder }: PartContext): string {
  return join(folder, `${part}.dump`);
}

/** Runs `work` while a snapshot lasts that pg_dump can read as well. Changes nothing. */
async function withSnapshot<T>(client: Client, work: (snapshot: string) => Promise<T>): Promise<T> {
  await prepareSession(client);
  await client.query("begin isolation level repeatable read read only");
  const { rows } = await client.query<{ id: string }>("select pg_catalog.pg_export_snapshot() as id");
  const result = await work(rows[0]!.id);
  await client.query("commit");
  return result;
}

async function describe(client: Client, digests: boolean, context: PartContext): Promise<PartContent> {
  const { rows } = await client.query<{ server_version: string }>("show server_version");
  const version = await runProgram("pg_dump", ["--version"], context, { failure: "BackupFailed" });
  return {
    ...(await countTables(client, digests)),
    versions: { server: rows[0]!.server_version, pg_dump: version.trim() },
    settings: await databaseSettings(client),
  };
}

async function contentsOf(connection: PostgresConnection, digests: boolean, { signal }: PartContext) {
  return connection.use(async (client) => {
    await prepareSession(client);
    return countTables(client, digests);
  }, signal);
}

async function assertDumpHolds(
  file: string,
  counts: Readonly<Record<string, number>>,
  context: PartContext,
): Promise<void> {
  context.progress(`reads ${file} back`);
  const dumped = await countDumpedRows(file, context);
  const differences = differencesIn(compareCounts("dump", { counts, digests: {} }, { counts: dumped, digests: {} }));
  if (differences.length === 0) return;
  throw new EngineError(
    "BackupUnreadable",
    `${file} does not hold what the database held: ${someOf(differences, 10, "; ")}`,
  );
}
