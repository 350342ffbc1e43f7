import type { Construct } from "constructs";
import type { Acknowledgements } from "../../core/acknowledge";
import type { Duration } from "../../core/duration";
import type { ErrorCode } from "../../core/error-codes";
import { ValidationError } from "../../core/errors";
import { findSecretsInSql } from "../../core/literal-secrets";
import type { TextInput } from "../../core/references";
import { splitSql } from "../../core/sql-text";
import { isUnresolved } from "../../core/tokens";
import { type Migration, Step, type StepProps } from "../../migrations/migration";
import type { TypedStepProgram } from "../../migrations/step-program";
import { type AcknowledgeableFinding, judgeFindings } from "../judge-findings";
import { toCheck, toChecks, type Verification, requireWayBack } from "../verification";
import { type SqlHistory, sqlProgram } from "./program";
import { findConstant, findMistake, findUnsafe, type SqlLint } from "./sql-safety";

/** Properties of an `SqlStep`. */
export interface SqlStepProps extends StepProps {
  /** Connection URL of the PostgreSQL database: `SecretReference.environment("APP_EF_DATABASE_URL")`. */
  readonly database: TextInput;

  /** SQL that makes the change. It reads an environment variable with `current_setting('sterna.NAME')`. */
  readonly up: string;

  /**
   * SQL that undoes the change.
   * @default - none; `irreversible` must then give the reason
   */
  readonly down?: string;

  /** Queries with their answers as PostgreSQL writes them. `true` and `false` mean `t` and `f`. */
  readonly verify: readonly Verification[];

  /**
   * A query that tells whether the change already exists. The step is then adopted instead of run.
   * @default - the step runs unless it is in the ledger
   */
  readonly probe?: Verification;

  /**
   * Whether the change and its row in the ledger share a transaction. `false` for a statement that PostgreSQL refuses
   * in one, such as `create index concurrently`.
   * @default true
   */
  readonly transaction?: boolean;

  /**
   * How long a statement of `up` or `down` waits for another session's lock. After that, the step releases all locks,
   * pauses, and retries, up to ten times in about two minutes, because a waiting statement also blocks those behind it.
   * `Duration.seconds(0)` waits without limit.
   * @default - 5 seconds; no limit for `concurrently`, `call` and `do` if `transaction` is `false`
   */
  readonly lockTimeout?: Duration;

  /**
   * Reasons why findings are right here, by code.
   * @default - a literal password and what contradicts the phase are errors, others are warnings
   */
  readonly acknowledge?: Acknowledgements<SqlLint | "LiteralSecretValue">;
}

/** Key of properties that only `SqlMigrations` sets. */
export const IMPORTED = Symbol("imported");

/** Properties of a step read from a file, whose SQL was checked together with that of the other files. */
export interface ImportedSqlStepProps extends SqlStepProps {
  readonly [IMPORTED]: { readonly history?: SqlHistory; readonly supersedes: readonly string[] };
}

/** Changes a PostgreSQL database with SQL: exactly once if the ledger is in the same database. */
export class SqlStep extends Step {
  /**
   * @throws ValidationError what `Step` throws, `StepNotReversible`, `StepReversibleAndIrreversible`, `StepNotVerified`,
   * `SqlControlsTransaction`, `SqlClientCommand`, `SqlNotTransactional`, `SqlSeveralStatements`, `NothingToAcknowledge`,
   * `LiteralSecretValue`, and the codes of `SQL_LINTS`
   */
  constructor(scope: Construct, id: string, props: SqlStepProps) {
    super(scope, id, props, (step) => toProgram(step, props));
  }
}

function toProgram(step: Step, props: SqlStepProps): TypedStepProgram<typeof sqlProgram> {
  const { database, up, down, verify, probe, transaction = true, lockTimeout } = props;
  requireWayBack(step, down);
  const checks = toChecks(step, verify, asPostgres);
  const probing = probe && toCheck(step, probe, asPostgres);
  const questions = [...checks, ...(probing ? [probing] : [])].map(({ query }) => query);
  const imported = (props as Partial<ImportedSqlStepProps>)[IMPORTED];
  const changes: Readonly<Record<string, string>> = imported === undefined ? { up, down: down ?? "" } : {};
  refuse(step, [
    ...Object.entries(changes).flatMap(([property, sql]) => lintSql(sql, { property, transaction, single: false })),
    ...questions.flatMap((query) => lintSql(query, { property: "verify", transaction, single: true })),
  ]);
  const texts = { ...mapped(changes), verify: questions };
  const findings = Object.entries(texts).flatMap(([property, sql]) =>
    sql
      .filter((text) => !isUnresolved(text))
      .flatMap((text): AcknowledgeableFinding<SqlLint | "LiteralSecretValue">[] => [
        ...findMistake(text, property),
        ...findSecretsInSql(text, property).map(({ message }) => ({
          code: "LiteralSecretValue" as const,
          message,
          refused: true,
        })),
      ]),
  );
  findings.push(...checks.filter(({ query }) => !isUnresolved(query)).flatMap(({ query }) => findConstant(query)));
  if (imported === undefined && !isUnresolved(up)) {
    findings.push(...findUnsafe(up, step.phase, createdTables(step, database)));
  }
  judgeFindings(step, findings, props.acknowledge);
  return {
    schema: sqlProgram,
    program: {
      kind: "sql",
      database,
      transaction,
      lockTimeout: lockTimeout?.toSeconds({ integral: false }),
      up,
      down,
      verify: checks,
      probe: probing,
      history: imported?.history,
      supersedes: imported?.supersedes.length ? [...imported.supersedes] : undefined,
    },
    variables: variablesIn([up, down ?? "", ...questions].join("\n")),
  };
}

function mapped(texts: Readonly<Record<string, string>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(texts).map(([property, sql]) => [property, [sql]]));
}

/** Tables that steps of a migration created, by database: running code does not use them yet. */
const CREATED = new WeakMap<Migration, Map<string, Set<string>>>();

function createdTables({ migration }: Step, database: TextInput): Set<string> {
  const byDatabase = CREATED.get(migration) ?? new Map<string, Set<string>>();
  CREATED.set(migration, byDatabase);
  const key = JSON.stringify(database);
  const tables = byDatabase.get(key) ?? new Set<string>();
  byDatabase.set(key, tables);
  return tables;
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

/** A mistake that a linter found. */
interface Finding {
  readonly code: ErrorCode;

  /** What is wrong, and what to write instead. */
  readonly message: string;
}

/**
 * The runner begins and ends the transaction that also holds the ledger row. A COMMIT in the script would separate
 * them.
 */
const TRANSACTION_CONTROL =
  /^(begin|start\s+transaction|commit|end|abort|rollback|prepare\s+transaction)\b(?!\s+(work\s+|transaction\s+)?to\b)/i;

/** Statements that PostgreSQL refuses inside a transaction block, according to their reference pages. */
const NOT_TRANSACTIONAL = [
  /^(create(\s+unique)?\s+index|drop\s+index)\s+concurrently\b/i,
  /^reindex\b.*\bconcurrently\b/is,
  /^reindex\s+(\(.*?\)\s*)?(database|system)\b/is,
  /^alter\s+table\b.*\bdetach\s+partition\b.*\bconcurrently\b/is,
  /^vacuum\b/i,
  /^(create|drop)\s+(database|tablespace)\b/i,
  /^alter\s+database\b.*\bset\s+tablespace\b/is,
  /^alter\s+system\b/i,
];

/** A setting of the session, which a single statement may need. */
export const SESSION_SETTING = /^(set\s+(?!local\b|transaction\b|constraints\b)|reset\b)/i;

/** How the text is run. */
export interface SqlLintOptions {
  /** Name of the property with the text, for messages. */
  readonly property: string;

  /** Whether the runner wraps the text in a transaction. */
  readonly transaction: boolean;

  /** Whether the text must be one statement, because its answer is compared. */
  readonly single: boolean;
}

/** Mistakes in SQL that PostgreSQL would report only while a migration runs, or not at all. */
export function lintSql(sql: string, { property, transaction, single }: SqlLintOptions): Finding[] {
  const findings: Finding[] = [];
  const statements = sqlStatements(sql);
  for (const statement of statements) {
    const words = statement.replace(/\s+/g, " ").slice(0, 60);
    if (TRANSACTION_CONTROL.test(statement)) {
      findings.push({
        code: "SqlControlsTransaction",
        message: `\`${property}\` has "${words}"; take it out: the step is a transaction already, together with its row in the ledger`,
      });
    }
    if (/(^|\n)\s*\\/.test(statement)) {
      findings.push({
        code: "SqlClientCommand",
        message: `\`${property}\` has a command of psql in "${words}"; only SQL is sent to the server, so write it as SQL or use a CommandStep`,
      });
    }
    if (transaction && NOT_TRANSACTIONAL.some((pattern) => pattern.test(statement))) {
      findings.push({
        code: "SqlNotTransactional",
        message: `PostgreSQL refuses "${words}" in a transaction; move it from \`${property}\` to a step of its own with \`transaction: false\``,
      });
    }
  }
  const alone = single ? statements : statements.filter((statement) => !SESSION_SETTING.test(statement));
  if (statements.length > 1 && (single || (!transaction && alone.length > 1))) {
    findings.push({
      code: "SqlSeveralStatements",
      message: single
        ? `\`${property}\` has ${statements.length} statements; write one, whose answer is compared`
        : `\`${property}\` has ${alone.length} statements, and without a transaction nothing undoes the first if the second fails; ` +
          "make a step of each. Settings may stand before the statement: set statement_timeout = 0; …",
    });
  }
  return findings;
}

/** The statements of a text, without comments and with empty quotes: only what PostgreSQL executes. */
export function sqlStatements(sql: string): string[] {
  return splitSql(sql).map(({ code }) => code);
}
