import { escapeIdentifier, type ClientBase } from "pg";
import { splitSql } from "../../core/sql-text";
import type { StepContext } from "../../engine/step-kind";

const NAME = String.raw`(?:"(?:[^"]|"")+"|[\w$\u0080-\uffff]+)`;
/** CREATE INDEX with the name of the index and of its table. Without a name, it creates a new index each time. */
const CREATE_INDEX = new RegExp(
  String.raw`^create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?(${NAME})\s+on\s+(?:only\s+)?(${NAME}(?:\s*\.\s*${NAME})?)`,
  "i",
);

/**
 * Whether a text has a statement that may wait for a long time without blocking others and has much to lose: one that
 * works while the application runs, such as `create index concurrently`, or that commits its work in parts.
 */
export function isPatient(sql: string): boolean {
  return splitSql(sql).some(({ code }) => /\bconcurrently\b|^(call|do)\b/i.test(code));
}

/**
 * Drops the invalid index that an interrupted `create index concurrently` left behind: `if not exists` would accept it
 * as the index, and otherwise the name is in use (PostgreSQL documentation, CREATE INDEX, "Building Indexes
 * Concurrently").
 */
export async function dropInvalidIndex(sql: string, client: ClientBase, context: StepContext): Promise<void> {
  for (const { text } of splitSql(sql)) {
    const [, index, table] = CREATE_INDEX.exec(text) ?? [];
    if (index === undefined || table === undefined) continue;
    if ((await findInvalid(client, index, table)) === undefined) continue;
    // Another session that is building it right now holds this lock, and makes the index valid.
    await client.query("begin");
    let found: string | undefined;
    try {
      await client.query(`lock table ${table} in share update exclusive mode`);
      found = await findInvalid(client, index, table);
    } finally {
      await client.query("rollback");
    }
    if (found === undefined) continue;
    context.progress(`drops the invalid index ${found}, which an interrupted build left behind`);
    await client.query(`drop index concurrently if exists ${found}`);
  }
}

/** The full name of the invalid index with that name on that table, if there is one. */
async function findInvalid(client: ClientBase, index: string, table: string): Promise<string | undefined> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     where i.indrelid = to_regclass($2) and c.relname = (parse_ident($1))[1]::name and not i.indisvalid and c.relkind = 'i'`,
    [index, table],
  );
  return rows[0] && `${escapeIdentifier(rows[0].schema)}.${escapeIdentifier(rows[0].name)}`;
}
