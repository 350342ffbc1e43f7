import type { Construct } from "constructs";
import { ValidationError } from "../core/validation-error";
import type { Text } from "../engine/text";
import { Step, type StepProps } from "../migrations/step";
import type { StepProgram } from "../migrations/step-program";
import { type Finding, lintSql } from "./sql-lint";
import { toCheck, toChecks, type Verification } from "./verification";
import { requireWayBack } from "./way-back";

/** Properties of an `SqlStep`. */
export interface SqlStepProps extends StepProps {
  /** Connection URL of the PostgreSQL database: `SecretReference.environment("APP_EF_DATABASE_URL")`. */
  readonly database: Text;

  /**
   * SQL that makes the change. It reads a variable of the environment as `current_setting('sterna.NAME')`.
   */
  readonly up: string;

  /**
   * SQL that undoes the change.
   * @default - none; then `irreversible` says why
   */
  readonly down?: string;

  /** Queries with their answers as PostgreSQL writes them; `true` and `false` stand for `t` and `f`. */
  readonly verify: readonly Verification[];

  /**
   * A query that tells whether the change is there already; the step is then adopted instead of run.
   * @default - the step is run unless the ledger holds it
   */
  readonly probe?: Verification;

  /**
   * Whether the change and its row in the ledger are one transaction. `false` for a statement that PostgreSQL refuses in
   * one, such as `create index concurrently`.
   * @default true
   */
  readonly transaction?: boolean;
}

/** Changes a PostgreSQL database with SQL: exactly once where the ledger is in the same database. */
export class SqlStep extends Step {
  /**
   * @throws ValidationError what `Step` throws, `StepNotReversible`, `StepReversibleAndIrreversible`, `StepNotVerified`,
   * `SqlControlsTransaction`, `SqlClientCommand`, `SqlNotTransactional`, `SqlSeveralStatements`
   */
  constructor(scope: Construct, id: string, props: SqlStepProps) {
    super(scope, id, props, (step) => toProgram(step, props));
  }
}

function toProgram(step: Step, { database, up, down, verify, probe, transaction = true }: SqlStepProps): StepProgram {
  requireWayBack(step, down);
  const checks = toChecks(step, verify, asPostgres);
  const probing = probe && toCheck(step, probe, asPostgres);
  const questions = [...checks, ...(probing ? [probing] : [])].map(({ query }) => query);
  refuse(step, [
    ...lintSql(up, { property: "up", transaction, single: false }),
    ...lintSql(down ?? "", { property: "down", transaction, single: false }),
    ...questions.flatMap((query) => lintSql(query, { property: "verify", transaction, single: true })),
  ]);
  return {
    program: { kind: "sql", database, transaction, up, down, verify: checks, probe: probing },
    variables: variablesIn([up, down ?? "", ...questions].join("\n")),
  };
}

function refuse(step: Step, [first]: readonly Finding[]): void {
  if (first !== undefined) throw new ValidationError(first.code, first.message, step);
}

/** The text form of PostgreSQL's boolean (PostgreSQL documentation, 8.6). */
function asPostgres(value: string | number | boolean): string {
  return typeof value === "boolean" ? (value ? "t" : "f") : String(value);
}

function variablesIn(sql: string): string[] {
  return [...sql.matchAll(/current_setting\(\s*'sterna\.(\w+)'/gi)].map((match) => match[1]!);
}
