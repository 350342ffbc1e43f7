import type { CheckResult } from "../../manifest/step-checks";
import type { ClientBase, QueryArrayConfig, QueryArrayResult } from "pg";
import { splitSql } from "../../core/sql-text";
import { EngineError } from "../../engine/engine-error";
import { explainDatabaseError, textOfNotice, type SqlSource } from "../../engine/database-error";
import { isUndefinedObject } from "../../engine/executor/question-step";
import type { DatabaseContext, HistoryAnswer, StepContext, TransactionalStepKind } from "../../engine/step-kind";
import type { Check } from "../../manifest/program";
import { excerpt } from "../describe";
import { dropInvalidIndex, isPatient } from "./concurrent-index";
import { askHistory } from "./history";
import { sqlLoss } from "./loss";
import { sqlProgram, type SqlProgram } from "./program";

/** Names that PostgreSQL accepts for a setting. It has refused others since version 14. */
const SETTING_NAME = /^[A-Za-z_][A-Za-z0-9_$]*$/;
/** Seconds. Every session behind a waiting `alter table` waits as well, so the wait is short and is retried. */
const LOCK_TIMEOUT = 5;
const MILLISECONDS = 1000;
/** A file that creates a whole schema is verified by hundreds of queries. */
const SHOWN_CHECKS = 10;

/** How PostgreSQL writes values with its default configuration. pg_dump sets these too. */
const ANSWER_SETTINGS = {
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  bytea_output: "hex",
  extra_float_digits: "1",
  lc_monetary: "C",
  lc_numeric: "C",
  lc_time: "C",
  quote_all_identifiers: "off",
  xmlbinary: "base64",
};

/**
 * SQL statements against PostgreSQL. Programs read the variables of their environment with
 * `current_setting('sterna.NAME')`. A variable that is not a valid SQL name, such as `my-queue`, cannot be read.
 */
export const sqlKind: TransactionalStepKind<SqlProgram> = {
  kind: "sql",
  schema: sqlProgram,
  effectless: false,
  database: (program) => program.database,
  inTransaction: (program) => program.transaction,

  preview: (program) => [
    `run: ${excerpt(program.up)}`,
    ...program.verify
      .slice(0, SHOWN_CHECKS)
      .map((check) => `verify: ${excerpt(check.query)} = ${excerpt(check.expected)}`),
    ...(program.verify.length > SHOWN_CHECKS ? [`verify: and ${program.verify.length - SHOWN_CHECKS} more`] : []),
  ],

  undo: (program) => [`undo: ${program.down === undefined ? "(its program has no down)" : excerpt(program.down)}`],

  loss: (program, since) => sqlLoss(program.down ?? "", since),

  async probe(program: SqlProgram, context: DatabaseContext): Promise<boolean> {
    const { client } = context;
    const { probe } = program;
    if (!probe) return false;
    await prepare(program, context, client, ANSWER_SETTINGS);
    if (program.transaction) await client.query("savepoint sterna_probe");
    try {
      return (await answer("probe", probe, context, client)) === probe.expected;
    } catch (error) {
      if (!isUndefinedObject(error)) throw error;
      if (program.transaction) await client.query("rollback to savepoint sterna_probe");
      return false;
    }
  },

  async history(program: SqlProgram, context: DatabaseContext): Promise<HistoryAnswer | undefined> {
    const { history } = program;
    if (history === undefined) return undefined;
    if (history.tool !== "none") return askHistory(history, context.client);
    const isPossible = (await this.verify(program, context, undefined)).every(
      ({ actual, expected }) => actual === expected,
    );
    const reason = "it changed data, or what the catalog does not show, so nobody can see whether it was applied";
    return isPossible ? { state: "unknown", reason } : { state: "absent" };
  },

  async up(program: SqlProgram, context: DatabaseContext): Promise<undefined> {
    await change(program, "up", program.up, context, context.client);
  },

  async verify(program: SqlProgram, context: DatabaseContext): Promise<CheckResult[]> {
    const { client } = context;
    // Again, since a verification may run alone, long after `up`.
    await prepare(program, context, client, ANSWER_SETTINGS);
    const results: CheckResult[] = [];
    for (const check of program.verify)
      results.push({ ...check, actual: await answer("verify", check, context, client) });
    return results;
  },

  async down(program: SqlProgram, context: DatabaseContext): Promise<void> {
    const { client } = context;
    if (program.down === undefined) throw new EngineError("RollbackFailed", "its program has no down");
    await change(program, "down", program.down, context, client);
  },
};

/** Runs `up` or `down`, then restores the session: the next query must not depend on what was set. */
async function change(
  program: SqlProgram,
  property: "up" | "down",
  sql: string,
  context: StepContext,
  client: ClientBase,
): Promise<void> {
  const timeout = program.lockTimeout ?? (!program.transaction && isPatient(sql) ? 0 : LOCK_TIMEOUT);
  await prepare(program, context, client, { lock_timeout: String(Math.round(timeout * MILLISECONDS)) });
  if (program.transaction) {
    await execute(sql, { property, sql, offset: 0 }, context, client);
    // Constraint triggers that are deferred to the end of the transaction may write, too.
    await client.query("set constraints all immediate").catch((error: unknown) => {
      throw explainDatabaseError(error);
    });
    return resetSession(client);
  }
  try {
    await dropInvalidIndex(sql, client, context);
    // PostgreSQL would run several statements in one query as one transaction.
    for (const { start, end } of splitSql(sql)) {
      await execute(sql.slice(start, end), { property, sql, offset: start }, context, client);
    }
  } finally {
    await resetSession(client).catch(() => undefined);
  }
}

/** Discards what `up` set, the role that it assumed and its temporary tables, for the next query. */
async function resetSession(client: ClientBase): Promise<void> {
  await client.query("close all; discard temp; reset session authorization; reset role; reset all");
}

/** Times are in UTC. Variables are settings, never text in a statement. */
async function prepare(
  program: SqlProgram,
  context: StepContext,
  client: ClientBase,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const all = { TimeZone: "UTC", ...settings, ...prefixed(context.variables) };
  await client.query(
    "select pg_catalog.set_config(key, value, $2) from pg_catalog.json_each_text($1::pg_catalog.json)",
    [JSON.stringify(all), program.transaction],
  );
}

function prefixed(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables)
      .filter(([name]) => SETTING_NAME.test(name))
      .map(([name, value]) => [`sterna.${name}`, value]),
  );
}

/**
 * Stopping a step cancels its statement. Between two statements there is nothing to cancel, so the next one must not
 * begin. Notices of the server are passed on.
 */
async function execute(
  statements: string | QueryArrayConfig,
  source: SqlSource,
  context: StepContext,
  client: ClientBase,
): Promise<QueryArrayResult> {
  context.signal.throwIfAborted();
  let completed = 0;
  const count = (): void => void completed++;
  const say = (notice: object): void => context.progress(textOfNotice(notice));
  const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
  client.on("notice", say);
  connection.on("commandComplete", count);
  try {
    const result: QueryArrayResult | QueryArrayResult[] = await client.query(statements as QueryArrayConfig);
    // Several statements return several results.
    return Array.isArray(result) ? result.at(-1)! : result;
  } catch (error) {
    throw explainDatabaseError(error, { ...source, completed });
  } finally {
    client.off("notice", say);
    connection.off("commandComplete", count);
  }
}

/**
 * A single value as PostgreSQL writes it, anything else as JSON rows. With several statements, the result of the last
 * one.
 */
async function answer(
  property: "probe" | "verify",
  { query }: Check,
  context: StepContext,
  client: ClientBase,
): Promise<string> {
  const types = { getTypeParser: () => (value: string) => value };
  const source = { property, sql: query, offset: 0 };
  const { rows } = await execute({ text: query, rowMode: "array", types }, source, context, client);
  const only = rows.length === 1 && rows[0]!.length === 1 ? (rows[0]![0] as string | null) : undefined;
  return only === undefined ? JSON.stringify(rows) : (only ?? "null");
}
