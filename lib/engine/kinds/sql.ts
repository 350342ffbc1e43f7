import type { ClientBase } from "pg";
import { EngineError } from "../engine-error";
import type { Check, ProgramOf } from "../program";
import type { CheckResult, StepContext, TransactionalStepKind } from "./step-kind";

type SqlProgram = ProgramOf<"sql">;

const PREVIEW_LENGTH = 200;

/** SQL statements against PostgreSQL. Programs read the variables of their environment with `current_setting('sterna.NAME')`. */
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
    return (await answer(program.probe, client)) === program.probe.expected;
  },

  async up(program: SqlProgram, context: StepContext, client: ClientBase): Promise<undefined> {
    await prepare(program, context, client);
    await client.query(program.up);
  },

  async verify(program: SqlProgram, _context: StepContext, client: ClientBase): Promise<CheckResult[]> {
    const results: CheckResult[] = [];
    for (const check of program.verify) results.push({ ...check, actual: await answer(check, client) });
    return results;
  },

  async down(program: SqlProgram, context: StepContext, client: ClientBase): Promise<void> {
    if (program.down === undefined) throw new EngineError("RollbackFailed", "its program has no down");
    await prepare(program, context, client);
    await client.query(program.down);
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
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [`sterna.${name}`, value]));
}

/** A single value as PostgreSQL writes it; anything else as JSON rows. */
async function answer(check: Check, client: ClientBase): Promise<string> {
  const { rows } = await client.query({
    text: check.query,
    rowMode: "array",
    types: { getTypeParser: () => (value: string) => value },
  });
  const only = rows.length === 1 && rows[0]!.length === 1 ? (rows[0]![0] as string | null) : undefined;
  return only === undefined ? JSON.stringify(rows) : (only ?? "null");
}

function shorten(sql: string): string {
  const line = sql.replace(/\s+/g, " ").trim();
  return line.length > PREVIEW_LENGTH ? `${line.slice(0, PREVIEW_LENGTH)}…` : line;
}
