import type { ClientBase, QueryArrayConfig, QueryArrayResult } from "pg";
import { EngineError } from "../../engine/engine-error";
import type { Check, ProgramOf } from "../../manifest/program";
import type { CheckResult, StepContext, TransactionalStepKind } from "../../engine/step-kind";

type SqlProgram = ProgramOf<"sql">;

const PREVIEW_LENGTH = 200;
/** What PostgreSQL takes as the name of a setting; others it refuses since version 14. */
const SETTING_NAME = /^[A-Za-z_][A-Za-z0-9_$]*$/;

/**
 * SQL statements against PostgreSQL. Programs read the variables of their environment with
 * `current_setting('sterna.NAME')`; one whose name is no name in SQL, such as `my-queue`, cannot be read.
 */
export const sqlKind: TransactionalStepKind<"sql"> = {
  kind: "sql",
  effectless: false,
  database: (program) => program.database,
  inTransaction: (program) => program.transaction,

  preview: (program) => [
    `run: ${shorten(program.up)}`,
    ...program.verify.map((check) => `verify: ${shorten(check.query)} = ${shorten(check.expected)}`),
  ],

  async probe(program: SqlProgram, context: StepContext, client: ClientBase): Promise<boolean> {
    if (!program.probe) return false;
    await prepare(program, context, client);
    return (await answer(program.probe, context, client)) === program.probe.expected;
  },

  async up(program: SqlProgram, context: StepContext, client: ClientBase): Promise<undefined> {
    await prepare(program, context, client);
    await execute(program.up, context, client);
  },

  async verify(program: SqlProgram, context: StepContext, client: ClientBase): Promise<CheckResult[]> {
    // Again, since a verification may come alone, long after `up`.
    await prepare(program, context, client);
    const results: CheckResult[] = [];
    for (const check of program.verify) results.push({ ...check, actual: await answer(check, context, client) });
    return results;
  },

  async down(program: SqlProgram, context: StepContext, client: ClientBase): Promise<void> {
    if (program.down === undefined) throw new EngineError("RollbackFailed", "its program has no down");
    await prepare(program, context, client);
    await execute(program.down, context, client);
  },
};

/** Answers do not depend on the session: UTC, and the variables as settings, never as text inside a statement. */
async function prepare(program: SqlProgram, context: StepContext, client: ClientBase): Promise<void> {
  const settings = { TimeZone: "UTC", ...prefixed(context.variables) };
  for (const [name, value] of Object.entries(settings)) {
    await client.query("select set_config($1, $2, $3)", [name, value, program.transaction]);
  }
}

function prefixed(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables)
      .filter(([name]) => SETTING_NAME.test(name))
      .map(([name, value]) => [`sterna.${name}`, value]),
  );
}

/** A stopped step has its statement cancelled; between two statements there is none, so the next one must not begin. */
async function execute(statements: string | QueryArrayConfig, context: StepContext, client: ClientBase) {
  context.signal.throwIfAborted();
  const result: QueryArrayResult | QueryArrayResult[] = await client.query(statements as QueryArrayConfig);
  // Several statements give several results.
  return Array.isArray(result) ? result.at(-1)! : result;
}

/** A single value as PostgreSQL writes it; anything else as JSON rows. Of several statements, the last one answers. */
async function answer(check: Check, context: StepContext, client: ClientBase): Promise<string> {
  const types = { getTypeParser: () => (value: string) => value };
  const { rows } = await execute({ text: check.query, rowMode: "array", types }, context, client);
  const only = rows.length === 1 && rows[0]!.length === 1 ? (rows[0]![0] as string | null) : undefined;
  return only === undefined ? JSON.stringify(rows) : (only ?? "null");
}

function shorten(sql: string): string {
  const line = sql.replace(/\s+/g, " ").trim();
  return line.length > PREVIEW_LENGTH ? `${line.slice(0, PREVIEW_LENGTH)}…` : line;
}
