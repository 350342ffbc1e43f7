import { escapeIdentifier, type ClientBase } from "pg";
import type { PartRecord } from "../backup-manifest";

/** Makes equal rows give equal texts, whatever the settings of the database or the user are. */
const SAME_TEXT_EVERYWHERE = [
  "set TimeZone = 'UTC'",
  "set DateStyle = 'ISO, YMD'",
  "set IntervalStyle = 'postgres'",
  "set bytea_output = 'hex'",
  "set extra_float_digits = 3",
  "set search_path = ''",
  // With policies that hide rows from this user, counting fails instead of counting too few.
  "set row_security = off",
  "set statement_timeout = 0",
  "set idle_in_transaction_session_timeout = 0",
].join("; ");

/** Ordinary tables with rows of their own; what belongs to an extension comes back with the extension. */
const TABLES = `
  select n.nspname as schema, c.relname as name, format('%I.%I', n.nspname, c.relname) as qualified
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relpersistence <> 't'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
  order by 3`;

/** A sum: the same in whatever order the rows come. 60 bits of md5, which never changes between versions. */
const DIGEST = `coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint::numeric), 0)::text`;

/** Makes a session read as `countTables` needs it. */
export async function prepareSession(client: ClientBase): Promise<void> {
  await client.query(SAME_TEXT_EVERYWHERE);
}

/**
 * Counts, and digests, the rows of every table.
 *
 * @param client a session that was prepared
 */
export async function countTables(
  client: ClientBase,
  digests: boolean,
): Promise<Pick<PartRecord, "counts" | "digests">> {
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

/** What another database must have in common, to hold the same texts in the same order. */
export async function databaseSettings(client: ClientBase): Promise<Record<string, string>> {
  // As JSON: the column of the ICU locale has another name since PostgreSQL 17, and does not exist before 15.
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
