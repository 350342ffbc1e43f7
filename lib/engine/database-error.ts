import { DatabaseError } from "pg";
import { splitSql } from "../core/sql-text";
import { EngineError } from "./engine-error";

/** Characters of a line of SQL that are shown on each side of a mistake. */
const SHOWN_AROUND = 60;

/** What was sent to the server. */
export interface SqlSource {
  /** Which property of the step holds the SQL. */
  readonly property: string;

  /** The whole of that property. */
  readonly sql: string;

  /** Where in it the text begins that was sent. */
  readonly offset: number;

  /**
   * How many of its statements ended well.
   * @default 0
   */
  readonly completed?: number;
}

/**
 * All that PostgreSQL says about a mistake, in the order of psql. DETAIL and CONTEXT may hold values of rows, so they are
 * shown and logged, and never recorded. Other errors come back as they are.
 */
export function explainDatabaseError(error: unknown, source?: SqlSource): unknown {
  if (!(error instanceof DatabaseError)) return error;
  const { message, code, detail, hint, where } = error;
  const place = source && placeOf(error, source);
  const first = code === undefined ? message : `${message} (SQLSTATE ${code})`;
  const hints = hint === undefined ? [] : [`HINT: ${hint}`];
  const said = [
    first,
    ...(place?.lines ?? []),
    ...(detail === undefined ? [] : [`DETAIL: ${detail}`]),
    ...hints,
    ...(where === undefined ? [] : [`CONTEXT: ${where}`]),
  ];
  const recorded = [first, ...(place === undefined ? [] : [place.name]), ...hints].join("\n");
  return new EngineError("StepFailed", said.join("\n"), { cause: error, recorded });
}

/** What the server says beside an answer: `NOTICE: batch 3 of 4`. */
export function textOfNotice(notice: object): string {
  const { severity = "NOTICE", message, detail, hint } = notice as Partial<DatabaseError>;
  const more = [detail && `DETAIL: ${detail}`, hint && `HINT: ${hint}`].filter(Boolean);
  return [`${severity}: ${message}`, ...more].join("\n");
}

interface Place {
  /** Where it is. */
  readonly name: string;
  /** The same, with the SQL at that position. */
  readonly lines: readonly string[];
}

/** The line that the server points to; the beginning of the statement that failed, where it points to none. */
function placeOf({ position }: DatabaseError, source: SqlSource): Place | undefined {
  const { property, sql, offset, completed = 0 } = source;
  const statements = splitSql(sql.slice(offset));
  const at =
    position === undefined
      ? statements[completed] && offset + statements[completed].start
      : offset + indexOfCharacter(sql.slice(offset), Number(position));
  if (at === undefined) return undefined;
  const lineStart = sql.lastIndexOf("\n", at - 1) + 1;
  const lineEnd = sql.indexOf("\n", at);
  const line = sql.slice(lineStart, lineEnd < 0 ? sql.length : lineEnd);
  const name = `line ${sql.slice(0, lineStart).split("\n").length} of ${property}`;
  const from = Math.max(0, at - lineStart - SHOWN_AROUND);
  const shown = line.slice(from, at - lineStart + SHOWN_AROUND).trimEnd();
  const caret = position === undefined ? [] : [`${" ".repeat(at - lineStart - from)}^`];
  return { name, lines: [`${name}:`, ...[shown, ...caret].map((text) => `  ${text}`)] };
}

/** PostgreSQL counts characters from 1; JavaScript counts an emoji twice. */
function indexOfCharacter(text: string, position: number): number {
  return Array.from(text)
    .slice(0, position - 1)
    .join("").length;
}
