import { Client, escapeIdentifier } from "pg";

/** Objects of a database, each as its kind, its name and what it is made of. System schemas and Sterna's are left out. */
const OBJECTS = `
with own as (
  select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'sterna')
)
select 'schema', nspname, '' from own where nspname <> 'public'
union all
select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end,
  format('%I.%I', nspname, relname), coalesce(pg_get_viewdef(c.oid), '') from pg_class c join own on own.oid = relnamespace
  where relkind in ('r', 'p', 'v', 'm', 'S', 'f')
union all
select 'column', format('%I.%I.%I', nspname, relname, attname),
  concat_ws(' ', format_type(atttypid, atttypmod), case when attnotnull then 'not null' end,
    'default ' || pg_get_expr(adbin, adrelid), nullif(attgenerated, ''), nullif(attidentity, ''))
  from pg_attribute a join pg_class c on c.oid = attrelid join own on own.oid = relnamespace
  left join pg_attrdef d on adrelid = attrelid and adnum = attnum
  where attnum > 0 and not attisdropped and relkind in ('r', 'p', 'v', 'm', 'f')
union all
select 'index', format('%I.%I', nspname, relname), pg_get_indexdef(i.indexrelid) || case when indisvalid then '' else ' invalid' end
  from pg_index i join pg_class c on c.oid = indexrelid join own on own.oid = relnamespace
union all
select 'constraint', format('%I.%I', conrelid::regclass, conname), pg_get_constraintdef(c.oid)
  from pg_constraint c join own on own.oid = connamespace where conrelid <> 0
union all
select 'trigger', format('%I on %s', tgname, tgrelid::regclass), pg_get_triggerdef(t.oid)
  from pg_trigger t join pg_class c on c.oid = tgrelid join own on own.oid = relnamespace where not tgisinternal
union all
select 'function', format('%I.%I', nspname, proname), pg_get_functiondef(p.oid)
  from pg_proc p join own on own.oid = pronamespace where prokind in ('f', 'p')
union all
select 'type', format('%I.%I', nspname, typname),
  coalesce((select string_agg(enumlabel, ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid), '')
  from pg_type t join own on own.oid = typnamespace where typtype in ('e', 'd', 'r')
union all
select 'extension', extname, extversion from pg_extension where extname <> 'plpgsql'
order by 1, 2, 3`;

/** Digest of a table's rows, in any order. */
const rowsOf = (table: string): string =>
  `select count(*)::text as count, coalesce(md5(string_agg(t::text, chr(10) order by t::text)), '') as digest from ${table} t`;

/** All objects of a database and a digest of each table's rows, one line each. */
export async function databaseState(url: string): Promise<string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<string[]>({ text: OBJECTS, rowMode: "array" });
    const objects = rows.map(([kind, name, text]) => `${kind} ${name} ${text}`.trim());
    const tables = await client.query<{ schema: string; name: string }>(
      "select schemaname as schema, tablename as name from pg_tables where schemaname !~ '^pg_' and schemaname not in ('information_schema', 'sterna')",
    );
    const digests: string[] = [];
    for (const { schema, name } of tables.rows) {
      const table = `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
      const { count, digest } = (await client.query<{ count: string; digest: string }>(rowsOf(table))).rows[0]!;
      digests.push(`rows of ${schema}.${name}: ${count}, digest ${digest}`);
    }
    return [...objects, ...digests];
  } finally {
    await client.end();
  }
}
