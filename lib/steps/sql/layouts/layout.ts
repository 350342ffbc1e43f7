import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ErrorCode } from "../../../core/error-codes";
import { SternaError } from "../../../core/errors";
import { Script } from "../../script";

/** Layouts of SQL migrations in a directory, by tool. */
export const MIGRATION_LAYOUTS = ["alembic", "dbmate", "diesel", "flyway", "golang-migrate", "numbered"] as const;

/** A tool whose directories of SQL migrations can be read; `numbered` is for plain files such as `001_users.sql`. */
export type MigrationLayout = (typeof MIGRATION_LAYOUTS)[number];

/** How a tool's table identifies a migration. `history` of the program of an `SqlStep`. */
export type ToolHistory =
  | { readonly tool: "golang-migrate" | "dbmate" | "diesel"; readonly table: string; readonly version: string }
  | {
      readonly tool: "flyway";
      readonly table: string;
      readonly version?: string;
      readonly description?: string;
      readonly checksum: number;
    }
  | { readonly tool: "alembic"; readonly table: string; readonly version: string; readonly parents: string[] };

/** SQL with its location. */
export interface SqlPart {
  readonly path: string;

  /** Number of its first line in the file, from 1. */
  readonly line: number;

  readonly sql: string;
}

/** One migration of a directory. */
export interface MigrationFile {
  /** The version as the tool compares it: `12`, `20240131`, `1.2`; the description of a repeatable one. */
  readonly version: string;

  /** For display. */
  readonly title: string;
  readonly up: SqlPart;

  /** Absent if the tool has no rollback for it. */
  readonly down?: SqlPart | undefined;

  /** The tool's transaction setting, if any. */
  readonly transaction?: boolean | undefined;

  /** Digest of the content of a repeatable migration, which runs again when it changes. */
  readonly repeatable?: string;

  /** How the tool's own table identifies it, and the default name of that table. */
  readonly history?: ToolHistory;
}

/** Something in a directory that its tool would refuse, or that cannot be read. */
export interface DirectoryMistake {
  readonly code: ErrorCode;

  /** Begins with the file, and the line if there is one. */
  readonly message: string;
}

/** The content of a directory, in the order in which the tool would run it. */
export interface DirectoryReading {
  readonly files: readonly MigrationFile[];
  readonly mistakes: readonly DirectoryMistake[];

  /** Paths that the tool would ignore. */
  readonly ignored: readonly string[];
}

/** Collects the migrations and mistakes of a directory. */
export class DirectoryReader {
  readonly files: MigrationFile[] = [];
  readonly mistakes: DirectoryMistake[] = [];
  readonly ignored: string[] = [];

  /** Records a mistake. The file is left out. */
  refuse(path: string, message: string, line?: number): undefined {
    const place = line === undefined ? path : `${path}:${line}`;
    this.mistakes.push({ code: "MigrationFileInvalid", message: `${place}: ${message}` });
    return undefined;
  }

  /** The text of a file. If it cannot be read, records the mistake and returns undefined. */
  read(path: string): SqlPart | undefined {
    try {
      return { path, line: 1, sql: Script.fromFile(path) };
    } catch (error) {
      if (!(error instanceof SternaError)) throw error;
      this.mistakes.push({ code: error.code, message: error.message });
      return undefined;
    }
  }
}

/**
 * Sorted names of the entries of a directory, without those that begin with a dot.
 *
 * @throws SternaError `FileUnreadable`
 */
export function namesIn(directory: string): { readonly files: string[]; readonly directories: string[] } {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new SternaError("FileUnreadable", `the directory ${directory} cannot be read: ${reason}`, { cause });
  }
  const visible = entries.filter(({ name }) => !name.startsWith("."));
  const isDirectory = (entry: Dirent): boolean =>
    entry.isSymbolicLink()
      ? (statSync(join(directory, entry.name), { throwIfNoEntry: false })?.isDirectory() ?? false)
      : entry.isDirectory();
  const names = (wanted: boolean): string[] =>
    visible
      .filter((entry) => isDirectory(entry) === wanted)
      .map(({ name }) => name)
      .sort(byText);
  return { files: names(false), directories: names(true) };
}

/** By code point, independent of the locale. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By numeric value. */
export function byNumber(a: string, b: string): number {
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Words of a file name. */
export function titleOf(name: string): string {
  return name.replace(/[_\-.\s]+/g, " ").trim();
}
