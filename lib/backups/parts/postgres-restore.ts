import { setTimeout as sleep } from "node:timers/promises";
import { escapeIdentifier, escapeLiteral, type Client } from "pg";
import { EngineError } from "../../engine/engine-error";
import { sha256 } from "../../manifest/checksum";
import type { BackupContext } from "../plan/backup-context";
import { runProgram } from "./run-program";
import type { PostgresConnection } from "./postgres-connection";

const DATABASE_IN_USE = "55006";
/** Terminated sessions need a moment to end. */
const ATTEMPTS = 50;
const PAUSE_MILLISECONDS = 100;
/** PostgreSQL truncates longer names, so that two of them may become one (NAMEDATALEN - 1). */
const LONGEST_NAME = 63;

/**
 * Name of a second database for the restore of a given backup, always the same one. Of a long name, only the beginning is
 * in it, with a digest that tells it from others with that beginning.
 */
export function keptName(database: string, role: "new" | "before", backupId: string): string {
  const suffix = `_${role}_${backupId.toLowerCase()}`;
  if (Buffer.byteLength(database + suffix) <= LONGEST_NAME) return database + suffix;
  const end = `_${sha256(database).slice(0, 8)}${suffix}`;
  let beginning = "";
  for (const character of database) {
    if (Buffer.byteLength(beginning + character + end) > LONGEST_NAME) break;
    beginning += character;
  }
  return beginning + end;
}

/**
 * Creates a completely empty database, without the content of the server's own template.
 *
 * @param settings encoding and locale of the database that was dumped
 * @param like database whose owner, privileges and settings are copied, if it exists
 */
export async function createEmptyDatabase(
  maintenance: PostgresConnection,
  name: string,
  settings: Readonly<Record<string, string>>,
  like?: string,
): Promise<void> {
  const [encoding, collate, ctype] = ["encoding", "collate", "ctype"].map((key) => escapeLiteral(settings[key] ?? ""));
  const icu = settings["icuLocale"] ? ` locale_provider icu icu_locale ${escapeLiteral(settings["icuLocale"])}` : "";
  await maintenance.use(async (client) => {
    try {
      await client.query(
        `create database ${escapeIdentifier(name)} template template0 encoding ${encoding} lc_collate ${collate} lc_ctype ${ctype}${icu}`,
      );
      if (like !== undefined) await copyDatabaseProperties(client, like, name);
    } catch (cause) {
      throw restoreFailed(`the database ${name} cannot be created`, cause);
    }
  });
}

/** What belongs to a database but is not part of a dump: owner, privileges, `ALTER DATABASE … SET`. */
async function copyDatabaseProperties(client: Client, from: string, to: string): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `select format('alter database %I owner to %I', $2::text, pg_get_userbyid(datdba)) as statement
     from pg_database where datname = $1
     union all
     select format('revoke all on database %I from public', $2::text) from pg_database where datname = $1 and datacl is not null
     union all
     select format('grant %s on database %I to %s', a.privilege_type, $2::text,
                   case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
     from pg_database, aclexplode(datacl) a where datname = $1 and a.grantee <> datdba
     union all
     select case when s.setrole = 0 then format('alter database %I set %I to ', $2::text, split_part(c, '=', 1))
                 else format('alter role %I in database %I set %I to ', pg_get_userbyid(s.setrole), $2::text, split_part(c, '=', 1)) end
            || case when split_part(c, '=', 1) in ('search_path', 'DateStyle', 'session_preload_libraries', 'local_preload_libraries', 'temp_tablespaces')
                    then substr(c, strpos(c, '=') + 1) else quote_literal(substr(c, strpos(c, '=') + 1)) end
     from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) c where d.datname = $1`,
    [from, to],
  );
  for (const { statement } of rows) await client.query(statement);
}

/** Restores a dump into an empty database, or fails. */
export async function restoreInto(
  target: PostgresConnection,
  file: string,
  options: readonly string[],
  context: BackupContext,
): Promise<void> {
  context.progress(`restores into the database ${target.database}`);
  const args = ["--exit-on-error", "--no-password", ...options, `--dbname=${target.argument}`, file];
  await runProgram("pg_restore", args, context, {
    variables: target.variables(context.environment),
    failure: "RestoreFailed",
  });
}

export async function databaseExists(maintenance: PostgresConnection, name: string): Promise<boolean> {
  return maintenance.use(async (client) => {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
    return rowCount === 1;
  });
}

/** @returns whether there was one */
export async function dropDatabase(maintenance: PostgresConnection, name: string): Promise<boolean> {
  return maintenance.use(async (client) => {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [name]);
    if (!rowCount) return false;
    await client.query(`drop database ${escapeIdentifier(name)} with (force)`);
    return true;
  });
}

/**
 * Replaces a database with another one, in one transaction. The sessions of the old one are terminated, since
 * PostgreSQL cannot rename a database in use.
 *
 * @returns whether there was an old one
 */
export async function swapDatabases(
  maintenance: PostgresConnection,
  live: string,
  fresh: string,
  kept: string,
): Promise<boolean> {
  return maintenance.use(async (client) => {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [live]);
    const [from, to, aside] = [fresh, live, kept].map((name) => escapeIdentifier(name));
    if (!rowCount) {
      await client.query(`alter database ${from} rename to ${to}`);
      return false;
    }
    // Clients reconnect faster than the database can be renamed.
    await client.query(`alter database ${to} with allow_connections false`);
    try {
      await retryWhileInUse(async () => {
        await client.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()",
          [live],
        );
        await client.query("begin");
        await client.query(`alter database ${to} rename to ${aside}`);
        await client.query(`alter database ${from} rename to ${to}`);
        await client.query(`alter database ${aside} with allow_connections true`);
        await client.query("commit");
      });
    } catch (cause) {
      await client.query("rollback");
      await client.query(`alter database ${to} with allow_connections true`);
      throw restoreFailed(`the databases ${live} and ${fresh} cannot be swapped`, cause);
    }
    return true;

    async function retryWhileInUse(work: () => Promise<void>): Promise<void> {
      for (let attempt = 1; ; attempt++) {
        try {
          return await work();
        } catch (error) {
          if ((error as { code?: string }).code !== DATABASE_IN_USE || attempt === ATTEMPTS) throw error;
          await client.query("rollback");
          await sleep(PAUSE_MILLISECONDS);
        }
      }
    }
  });
}

function restoreFailed(what: string, cause: unknown): EngineError {
  return new EngineError("RestoreFailed", `${what}: ${(cause as Error).message}`, { cause });
}
