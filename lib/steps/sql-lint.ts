import type { ErrorCode } from "../core/error-codes";
import { sqlStatements } from "./sql-statements";

/** A mistake that a linter found. */
export interface Finding {
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
