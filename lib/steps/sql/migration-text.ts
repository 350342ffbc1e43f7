import type { ErrorCode } from "../../core/error-codes";
import { splitSql } from "../../core/sql-text";
import { Catalog } from "./catalog";
import { CatalogReader } from "./catalog-reader";
import type { DirectoryMistake, MigrationFile, SqlPart } from "./layouts/layout";
import { parseSql } from "./postgres-grammar";
import { findMistake } from "./sql-safety";
import { lintSql, SESSION_SETTING } from "./step";

/** Statements that only begin or end a transaction. The step already is one. */
const TRANSACTION_BORDER =
  /^(begin|start\s+transaction|commit|end)(\s+(work|transaction))?(\s+isolation\s+level\s+[\w\s]+)?$/i;

/** One change of a file, as a step runs it. */
export interface MigrationUnit {
  readonly up: string;

  /** Absent if there is no rollback. */
  readonly down: string | undefined;
}

/** A file as steps run it: in one transaction, or one step per statement. */
export interface MigrationUnits {
  readonly transaction: boolean;
  readonly units: readonly MigrationUnit[];
}

/**
 * The steps that a file needs, and its mistakes.
 *
 * @param isSeparate whether the tool runs each statement separately when it runs a file without a transaction; the
 * others send the file as one query, which PostgreSQL runs as one transaction (PostgreSQL documentation, 55.2.2.1)
 */
export function unitsOf(
  { up, down, transaction }: MigrationFile,
  isSeparate: boolean,
): MigrationUnits & { readonly mistakes: readonly DirectoryMistake[] } {
  const [forward, back] = [read(up), down === undefined ? undefined : read(down)];
  const mistakes = [...mistakesIn(up, forward), ...(down === undefined ? [] : mistakesIn(down, back!))];
  const isAlone = forward.statements.length <= 1 && (back?.statements.length ?? 0) <= 1;
  const isMarked = transaction === false && (isSeparate || isAlone);
  const isTransaction = !isMarked && ![forward, back].some((text) => text?.isTransactional === false);
  const whole = { up: written(forward), down: back?.statements.length ? back.sql : undefined };
  if (isTransaction || isAlone) return { transaction: isTransaction, units: [whole], mistakes };
  const [ups, downs] = [separate(forward), back === undefined ? [] : separate(back)];
  const places = placesOf(ups, downs);
  if (downs.length > ups.length || places === undefined) {
    const message =
      `${down!.path}: it has ${downs.length} statements that cannot run in a transaction together, and ${up.path} has ` +
      `${ups.length}; make as many of them, or leave the way back out`;
    return { transaction: false, units: [], mistakes: [...mistakes, { code: "SqlSeveralStatements", message }] };
  }
  const nothing = "-- undone together with the other statements of the file";
  const units = ups.map((sql, index) => ({
    up: sql,
    down: downs.length === 0 ? undefined : (downs[places.indexOf(index)] ?? nothing),
  }));
  return { transaction: false, units, mistakes };
}

interface ReadText {
  readonly sql: string;
  /** Without those that change a setting. */
  readonly statements: readonly { readonly start: number; readonly end: number }[];
  readonly settings: string;
  readonly isTransactional: boolean;
}

/** The text without transaction statements. Line numbers do not change. */
function read({ sql }: SqlPart): ReadText {
  const all = splitSql(sql);
  let text = sql;
  for (const { start, end, code } of all) {
    if (!TRANSACTION_BORDER.test(code)) continue;
    const stop = text[end] === ";" ? end + 1 : end;
    text = text.slice(0, start) + text.slice(start, stop).replace(/[^\n]/g, " ") + text.slice(stop);
  }
  const kept = all.filter(({ code }) => !TRANSACTION_BORDER.test(code));
  const isSetting = ({ code }: { readonly code: string }): boolean => SESSION_SETTING.test(code);
  return {
    sql: text.trim() === "" ? "" : text,
    statements: kept.filter((statement) => !isSetting(statement)),
    settings: kept
      .filter(isSetting)
      .map(({ start, end }) => `${sql.slice(start, end)};\n`)
      .join(""),
    isTransactional: kept.every(({ start, end }) => !lint(sql.slice(start, end), true).includes("SqlNotTransactional")),
  };
}

function lint(statement: string, transaction: boolean): ErrorCode[] {
  return lintSql(statement, { property: "up", transaction, single: false }).map(({ code }) => code);
}

/** What is run for a file without statements: PostgreSQL accepts a comment as an empty query. */
function written({ sql, statements, settings }: ReadText): string {
  return statements.length === 0 && settings === "" ? `${sql.trimEnd()}\n-- no statement`.trimStart() : sql;
}

function mistakesIn(part: SqlPart, { sql }: ReadText): DirectoryMistake[] {
  const place = (line: number): string => `${part.path}:${part.line + line - 1}`;
  const found = splitSql(sql).flatMap(({ start, end }) =>
    lintSql(sql.slice(start, end), { property: "up", transaction: false, single: false })
      .filter(({ code }) => code !== "SqlSeveralStatements")
      .map(({ code, message }) => ({
        code,
        message: `${place(sql.slice(0, start).split("\n").length)}: ${message.replace("`up`", "it")}`,
      })),
  );
  // The parser does not understand psql commands.
  return found.length > 0 ? found : findMistake(sql, "up", place);
}

function separate({ sql, statements, settings }: ReadText): string[] {
  return statements.map(({ start, end }) => settings + sql.slice(start, end));
}

/**
 * Which statement of `up` each statement of `down` belongs to: the one whose object it drops or, if unknown, in reverse
 * order.
 */
function placesOf(ups: readonly string[], downs: readonly string[]): number[] | undefined {
  const made = ups.map(objectsIn);
  const fitting = downs.map((down) =>
    made.findIndex((objects) => objectsIn(down).some((query) => objects.includes(query))),
  );
  if (!fitting.includes(-1) && new Set(fitting).size === fitting.length) return fitting;
  return downs.length > ups.length ? undefined : downs.map((_, index) => ups.length - 1 - index);
}

function objectsIn(sql: string): string[] {
  const catalog = new Catalog();
  catalog.begin();
  readInto(catalog, sql);
  return [...catalog.end().checks.keys()];
}

/** Reads a text into the catalog. A text that cannot be parsed changes nothing. */
export function readInto(catalog: Catalog, sql: string): void {
  const parsed = parseSql(sql);
  if (parsed === undefined || "mistake" in parsed) return;
  const reader = new CatalogReader(catalog);
  const texts = splitSql(sql);
  const isEven = texts.length === parsed.statements.length;
  for (const [index, statement] of parsed.statements.entries()) {
    const { start, end } = isEven ? texts[index]! : { start: 0, end: sql.length };
    reader.read(statement, sql.slice(start, end));
  }
}
