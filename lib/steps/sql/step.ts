import type { Construct } from "constructs";
import type { ErrorCode } from "../../core/error-codes";
import { ValidationError } from "../../core/errors";
import type { Text } from "../../manifest/text";
import { Step, type StepProps } from "../../migrations/migration";
import type { StepProgram } from "../../migrations/step-program";
import { toCheck, toChecks, type Verification, requireWayBack } from "../verification";

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

/** A mistake that a linter found. */
interface Finding {
  readonly code: ErrorCode;

  /** What is wrong, and what to write instead. */
  readonly message: string;
}

/** The runner begins and ends the transaction that also holds the ledger row; a COMMIT of the script's own tears them apart. */
const TRANSACTION_CONTROL =
  /^(begin|start\s+transaction|commit|end|abort|rollback|prepare\s+transaction)\b(?!\s+(work\s+|transaction\s+)?to\b)/i;

/** Statements that PostgreSQL refuses inside a transaction block; each reference page of PostgreSQL says so. */
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

/** How the text is run. */
export interface SqlLintOptions {
  /** Which property holds the text, for messages. */
  readonly property: string;

  /** Whether the runner wraps the text in a transaction. */
  readonly transaction: boolean;

  /** Whether the text must be one statement, because its answer is compared. */
  readonly single: boolean;
}

/** Mistakes in SQL that PostgreSQL would only report while a migration runs, or not at all. */
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
  if (statements.length > 1 && (single || !transaction)) {
    findings.push({
      code: "SqlSeveralStatements",
      message: single
        ? `\`${property}\` has ${statements.length} statements; write one, whose answer is compared`
        : `\`${property}\` has ${statements.length} statements, which PostgreSQL would run as one transaction in spite of \`transaction: false\` ` +
          '(Message Flow, "Multiple Statements in a Simple Query"); make a step of each',
    });
  }
  return findings;
}

/** A part of SQL that is no code, or the end of a statement (PostgreSQL documentation, 4.1 "Lexical Structure"). */
const TOKEN =
  /(?<comment>--[^\n]*|\/\*)|(?<quoted>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*")|(?<dollar>\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)|(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(?<end>;)/gs;

/** The statements of a text, without comments and with empty quotes: only what PostgreSQL executes. */
export function sqlStatements(sql: string): string[] {
  let code = "";
  const statements: string[] = [];
  let position = 0;
  for (const token = new RegExp(TOKEN); ;) {
    token.lastIndex = position;
    const match = token.exec(sql);
    code += sql.slice(position, match?.index);
    if (match === null) break;
    const { comment, quoted, dollar, end } = match.groups!;
    position = match.index + match[0].length;
    if (end !== undefined && !isInsideBody(code)) {
      statements.push(code);
      code = "";
    } else if (comment === "/*") {
      position = endOfBlockComment(sql, match.index);
      code += " ";
    } else if (comment !== undefined) {
      code += " ";
    } else if (dollar !== undefined) {
      const close = sql.indexOf(dollar, position);
      position = close < 0 ? sql.length : close + dollar.length;
      code += "''";
    } else {
      code += quoted === undefined ? match[0] : "''";
    }
  }
  return [...statements, code].map((statement) => statement.trim()).filter((statement) => statement !== "");
}

/** Whether a semicolon belongs to the body of a function: `begin atomic … end` (CREATE FUNCTION, "sql_body"). */
function isInsideBody(code: string): boolean {
  const body = /\bbegin\s+atomic\b(.*)/is.exec(code)?.[1];
  if (body === undefined) return false;
  const opened = 1 + (body.match(/\bcase\b/gi)?.length ?? 0);
  return (body.match(/\bend\b/gi)?.length ?? 0) < opened;
}

/** Block comments nest. */
function endOfBlockComment(sql: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let match = edge.exec(sql); match !== null; match = edge.exec(sql)) {
    depth += match[0] === "/*" ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return sql.length;
}
