import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Client, escapeIdentifier, type ClientBase } from "pg";
import { someOf } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import { createPrivateFile } from "../../core/replace-file";
import type { BackupContext } from "../plan/backup-context";
import type { PartRecord } from "../plan/backup-manifest";
import type { PartOf } from "../plan/backup-plan";
import {
  assertNotEmpty,
  assertRestored,
  assertStillRestored,
  compareCounts,
  differencesIn,
  type PartContext,
  type PartContent,
  type PartKind,
  type Restored,
} from "./part-kind";
import { connectionOf, PostgresConnection } from "./postgres-connection";
import {
  createEmptyDatabase,
  databaseExists,
  dropDatabase,
  keptName,
  restoreInto,
  swapDatabases,
} from "./postgres-restore";
import { runProgram } from "./run-program";

/**
 * A PostgreSQL database, with pg_dump in the custom format.
 *
 * Dump, counts and digests come from one snapshot: they agree row by row, regardless of concurrent writes. Roles and
 * tablespaces belong to the server, and are not part of a dump.
 */
export const postgresPart: PartKind<"postgres"> = {
  restorePrograms: ["pg_restore"],

  async size(part, { resolve, signal }) {
    const connection = await connectionOf(part, resolve);
    return connection.use(async (client) => {
      const { rows } = await client.query<{ bytes: string }>(SIZE);
      return { stored: Number(rows[0]!.bytes), readBack: 0 };
    }, signal);
  },

  async backUp(part, context) {
    const connection = await connectionOf(part, context.resolve);
    const file = dumpFile(part.id, context);
    const content = await connection.use(
      (client) =>
        withSnapshot(client, async (snapshot) => {
          // pg_dump makes the directory of a parallel dump, with mode 700.
          if (part.jobs === undefined) await createPrivateFile(file);
          context.progress(`${part.id}: dumps ${connection.description}`);
          const args = [...dumpOptions(part), "--no-password", `--snapshot=${snapshot}`, `--file=${file}`];
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
      const options = ["--no-owner", "--no-privileges", ...jobsOf(part)];
      await restoreInto(scratch, dumpFile(part.id, context), options, context);
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
      await restoreInto(fresh, dumpFile(part.id, context), jobsOf(part), context);
      assertRestored(compareCounts(part.id, record, await contentsOf(fresh, part.digests, context)));
      const swapped = await swapDatabases(maintenance, live.database, fresh.database, kept);
      return inPlace(part.id, live.database, swapped ? kept : undefined);
    } catch (error) {
      await dropDatabase(maintenance, fresh.database);
      throw error;
    }
  },

  async resume(part, record, context) {
    const live = await connectionOf(part, context.resolve);
    const maintenance = live.to(part.maintenanceDatabase);
    await dropDatabase(maintenance, keptName(live.database, "new", context.backupId));
    const kept = keptName(live.database, "before", context.backupId);
    if (!(await databaseExists(maintenance, kept))) return undefined;
    const checks = compareCounts(part.id, record, await contentsOf(live, part.digests, context));
    assertStillRestored(`database ${live.database}`, `database ${kept}`, checks);
    return inPlace(part.id, live.database, kept);
  },

  async confirm(part, context) {
    const live = await connectionOf(part, context.resolve);
    const kept = keptName(live.database, "before", context.backupId);
    const dropped = await dropDatabase(live.to(part.maintenanceDatabase), kept);
    return dropped ? [`database ${kept}`] : [];
  },
};

function inPlace(part: string, database: string, kept: string | undefined): Restored {
  return {
    part,
    place: `database ${database}`,
    ...(kept !== undefined && {
      kept: `database ${kept}`,
      note: `sessions of ${database} were ended; undo with ALTER DATABASE … RENAME TO …`,
    }),
  };
}

/** Without indexes, of which a dump holds only the definitions. */
const SIZE = `
  select pg_catalog.pg_database_size(pg_catalog.current_database()) - coalesce(sum(pg_catalog.pg_relation_size(oid)), 0) as bytes
  from pg_catalog.pg_class where relkind = 'i'`;

/**
 * The format and the compression of a dump. pg_dump before 16 knows only the levels of gzip, as numbers.
 *
 * @see https://www.postgresql.org/docs/current/app-pgdump.html
 */
function dumpOptions({ jobs, compression }: PartOf<"postgres">): string[] {
  const gzip = compression === undefined ? undefined : /^gzip(?::(\d))?$/.exec(compression);
  const method = compression === "none" ? "0" : gzip ? gzip[1] : compression;
  return [
    ...(jobs === undefined ? ["--format=custom"] : ["--format=directory", `--jobs=${jobs}`]),
    ...(method === undefined ? [] : [`--compress=${method}`]),
  ];
}

function jobsOf({ jobs }: PartOf<"postgres">): string[] {
  return jobs === undefined ? [] : [`--jobs=${jobs}`];
}

function dumpFile(part: string, { folder }: PartContext): string {
  return join(folder, `${part}.dump`);
}

/** Runs `work` while a snapshot is open that pg_dump can read as well. Changes nothing. */
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

/** Makes equal rows produce equal texts, regardless of the settings of the database or the user. */
const SAME_TEXT_EVERYWHERE = [
  "set TimeZone = 'UTC'",
  "set DateStyle = 'ISO, YMD'",
  "set IntervalStyle = 'postgres'",
  "set bytea_output = 'hex'",
  "set extra_float_digits = 3",
  "set search_path = ''",
  // If policies hide rows from this user, counting fails instead of counting too few.
  "set row_security = off",
  "set statement_timeout = 0",
  "set idle_in_transaction_session_timeout = 0",
].join("; ");

/** Ordinary tables with their own rows. The tables of an extension are recreated with the extension. */
const TABLES = `
  select n.nspname as schema, c.relname as name, format('%I.%I', n.nspname, c.relname) as qualified
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relpersistence <> 't'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
  order by 3`;

/** A sum is independent of the order of the rows. 60 bits of md5, which is the same in all versions. */
const DIGEST = `coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint::numeric), 0)::text`;

/** Configures a session for `countTables`. */
async function prepareSession(client: ClientBase): Promise<void> {
  await client.query(SAME_TEXT_EVERYWHERE);
}

/**
 * Counts and digests the rows of every table.
 *
 * @param client a session from `prepareSession`
 */
async function countTables(client: ClientBase, digests: boolean): Promise<Pick<PartRecord, "counts" | "digests">> {
  const result: Pick<PartRecord, "counts" | "digests"> = { counts: {}, digests: {} };
  const tables = await client.query<{ schema: string; name: string; qualified: string }>(TABLES);
  for (const { schema, name, qualified } of tables.rows) {
    const table = `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
    const columns = digests ? `count(*)::float8 as rows, ${DIGEST} as digest` : "count(*)::float8 as rows";
    const { rows } = await client.query<{ rows: number; digest?: string }>(`select ${columns} from only ${table} t`);
    const { rows: count, digest } = rows[0]!;
    result.counts[qualified] = count;
    if (digest !== undefined) result.digests[qualified] = digest;
  }
  return result;
}

/** Settings that another database must share to store the same texts in the same order. */
async function databaseSettings(client: ClientBase): Promise<Record<string, string>> {
  // As JSON: the column of the ICU locale was renamed in PostgreSQL 17, and does not exist before 15.
  const { rows } = await client.query<{ encoding: string; row: Record<string, string | null> }>(
    `select pg_catalog.pg_encoding_to_char(encoding) as encoding, pg_catalog.to_jsonb(d) as row
     from pg_catalog.pg_database d where datname = pg_catalog.current_database()`,
  );
  const { encoding, row } = rows[0]!;
  const icuLocale = row["datlocprovider"] === "i" ? (row["datlocale"] ?? row["daticulocale"]) : undefined;
  return {
    database: row["datname"]!,
    encoding,
    collate: row["datcollate"]!,
    ctype: row["datctype"]!,
    ...(icuLocale && { icuLocale }),
  };
}

/** The name of the table in pg_dump's `COPY schema.table (columns) FROM stdin;`. */
const COPY = /^COPY ((?:"(?:[^"]|"")*"|[^\s".]+)\.(?:"(?:[^"]|"")*"|[^\s".]+)) .*FROM stdin;$/;
const END_OF_ROWS = "\\.";

/**
 * Reads a whole dump and counts its rows. The table of contents alone is not enough: it comes first, and `pg_restore
 * --list` accepts a file that was truncated after it.
 *
 * @returns rows by table, named as `format('%I.%I', schema, table)` does
 * @throws EngineError `BackupUnreadable`
 */
async function countDumpedRows(file: string, context: BackupContext): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let table: string | undefined;
  await runProgram("pg_restore", ["--section=data", "--file=-", file], context, {
    failure: "BackupUnreadable",
    onLine: (line) => {
      if (table === undefined) {
        table = COPY.exec(line)?.[1];
        if (table !== undefined) counts[table] ??= 0;
      } else if (line === END_OF_ROWS) {
        table = undefined;
      } else {
        counts[table]! += 1;
      }
    },
  });
  if (table === undefined) return counts;
  throw new EngineError("BackupUnreadable", `${file} ends in the middle of the rows of ${table}`);
}
