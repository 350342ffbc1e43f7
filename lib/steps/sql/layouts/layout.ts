import { type Dirent, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ErrorCode } from "../../../core/error-codes";
import { SternaError } from "../../../core/errors";
import { Script } from "../../script";

/** How a tool lays out SQL migrations in a directory. */
export const MIGRATION_LAYOUTS = ["alembic", "dbmate", "diesel", "flyway", "golang-migrate", "numbered"] as const;

/** A tool whose directories of SQL migrations can be read; `numbered` is for plain files such as `001_users.sql`. */
export type MigrationLayout = (typeof MIGRATION_LAYOUTS)[number];

/** How the table of a tool names a migration; `history` of the program of an `SqlStep`. */
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

/** SQL, and where it stands. */
export interface SqlPart {
  readonly path: string;

  /** Number of its first line in the file, from 1. */
  readonly line: number;

  readonly sql: string;
}

/** One migration of a directory. */
export interface MigrationFile {
  /** As the tool compares it: `12`, `20240131`, `1.2`; of a repeatable one, its description. */
  readonly version: string;

  /** For people. */
  readonly title: string;
  readonly up: SqlPart;

  /** Absent where the tool has no way back for it. */
  readonly down?: SqlPart | undefined;

  /** What the tool was told about the transaction, if anything. */
  readonly transaction?: boolean | undefined;

  /** Digest of what a repeatable one holds: it is run again when that changes. */
  readonly repeatable?: string;

  /** How the tool's own table names it, and which table that is unless somebody says otherwise. */
  readonly history?: ToolHistory;
}

/** Something in a directory that its tool would refuse, or that cannot be read as it is. */
export interface DirectoryMistake {
  readonly code: ErrorCode;

  /** Begins with the file, and the line where there is one. */
  readonly message: string;
}

/** What a directory holds, in the order in which the tool would run it. */
export interface DirectoryReading {
  readonly files: readonly MigrationFile[];
  readonly mistakes: readonly DirectoryMistake[];

  /** Paths of what the tool would not look at. */
  readonly ignored: readonly string[];
}

/** Collects what the files of a directory are. */
export class DirectoryReader {
  readonly files: MigrationFile[] = [];
  readonly mistakes: DirectoryMistake[] = [];
  readonly ignored: string[] = [];

  /** Notes a mistake; the file is left out. */
  refuse(path: string, message: string, line?: number): undefined {
    const place = line === undefined ? path : `${path}:${line}`;
    this.mistakes.push({ code: "MigrationFileInvalid", message: `${place}: ${message}` });
    return undefined;
  }

  /** The text of a file; nothing when it cannot be read, which is noted. */
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
 * Names of what is in a directory, sorted; without what begins with a dot.
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

/** By code points, whatever the language of the machine. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By the number that a text is. */
export function byNumber(a: string, b: string): number {
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Words of a file name. */
export function titleOf(name: string): string {
  return name.replace(/[_\-.\s]+/g, " ").trim();
}
