import type { CheckResult } from "../../manifest/step-checks";
import { someOf } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import type { BackupContext, Resolve } from "../plan/backup-context";
import type { PartRecord } from "../plan/backup-manifest";
import type { BackupPart, PartOf } from "../plan/backup-plan";

/** Context of the work on a part. */
export interface PartContext extends BackupContext {
  readonly resolve: Resolve;

  /** Folder of the backup. The file paths in the part's record are relative to it. */
  readonly folder: string;

  /** Temporary folder that only this user can read. */
  readonly scratch: string;

  /** Id of the backup. */
  readonly backupId: string;
}

/** Context of a question about the live data. */
export type SizeContext = Pick<PartContext, "resolve" | "signal">;

/** Estimated size of a part in bytes, from above: how well data can be compressed is unknown. */
export interface PartSize {
  /** Size of its files in a backup. */
  readonly stored: number;

  /** What is written in addition while they are read back, and removed afterwards. */
  readonly readBack: number;
}

/** Where a part was restored to, and what happened to the previous data. */
export interface Restored {
  readonly part: string;

  /** Location of the restored data. */
  readonly place: string;

  /** What is kept of the replaced data until it is confirmed. Absent if there was none. */
  readonly kept?: string;

  /** What the user must do or should know. */
  readonly note?: string;
}

/** What a kind records about a part. Files and digests are added later. */
export type PartContent = Pick<PartRecord, "counts" | "digests" | "versions"> & Partial<Pick<PartRecord, "settings">>;

/** How one kind of data is backed up, checked and restored. */
export interface PartKind<Kind extends BackupPart["kind"]> {
  /** Programs that a restore runs. */
  readonly restorePrograms: readonly string[];

  /**
   * How many bytes backing up the part may write.
   *
   * @throws EngineError `BackupFailed`, `SourceMissing`
   */
  size(part: PartOf<Kind>, context: SizeContext): Promise<PartSize>;

  /**
   * Writes files whose names begin with the part's id to the folder of the backup, and reads them back.
   *
   * @throws EngineError `BackupProgramMissing`, `BackupFailed`, `BackupEmpty`, `BackupUnreadable`
   */
  backUp(part: PartOf<Kind>, context: PartContext): Promise<PartContent>;

  /**
   * Reads the files of a backup as a restore would. Their digests were already verified.
   *
   * @throws EngineError `BackupUnreadable`, `BackupProgramMissing`
   */
  check(part: PartOf<Kind>, record: PartRecord, context: PartContext): Promise<void>;

  /** Restores to a temporary target and compares. */
  drill(part: PartOf<Kind>, record: PartRecord, context: PartContext): Promise<CheckResult[]>;

  /**
   * Restores next to the live data, compares, and replaces it.
   *
   * @throws EngineError `RestoreFailed`, `RestoreMismatch`; the live data is then unchanged
   */
  restore(part: PartOf<Kind>, record: PartRecord, context: PartContext): Promise<Restored>;

  /**
   * Continues a restore of this backup that was interrupted: removes what it left half done.
   *
   * @returns where the part is, if it is in place already
   * @throws EngineError `TargetConflict` if it was in place, and was changed since
   */
  resume(part: PartOf<Kind>, record: PartRecord, context: PartContext): Promise<Restored | undefined>;

  /** Deletes what a restore of this backup kept. @returns what was deleted */
  confirm(part: PartOf<Kind>, context: PartContext): Promise<string[]>;
}

type Counted = Pick<PartRecord, "counts" | "digests">;

/** Compares the recorded content of a backup with the result of a restore, count by count and digest by digest. */
export function compareCounts(part: string, expected: Counted, actual: Counted): CheckResult[] {
  return [
    ...compare(part, "count", expected.counts, actual.counts),
    ...compare(part, "digest", expected.digests, actual.digests),
  ];
}

function compare(
  part: string,
  what: string,
  expected: Readonly<Record<string, number | string>>,
  actual: Readonly<Record<string, number | string>>,
): CheckResult[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort();
  return names.map((name) => ({
    query: `${part}: ${what} of ${name}`,
    expected: String(expected[name] ?? "absent"),
    actual: String(actual[name] ?? "absent"),
  }));
}

/** The comparisons that failed. */
export function differencesIn(checks: readonly CheckResult[]): string[] {
  return checks
    .filter(({ expected, actual }) => expected !== actual)
    .map(({ query, expected, actual }) => `${query} is ${actual} instead of ${expected}`);
}

/** @throws EngineError `RestoreMismatch` */
export function assertRestored(checks: readonly CheckResult[]): void {
  const differences = differencesIn(checks);
  if (differences.length === 0) return;
  throw new EngineError(
    "RestoreMismatch",
    `what was restored is not what was backed up, and was thrown away: ${someOf(differences, 10, "; ")}`,
  );
}

/**
 * What an earlier restore put in place must still be what the backup holds: otherwise the data has been in use since,
 * and is not that of the backup.
 *
 * @param kept what the earlier restore kept
 * @throws EngineError `TargetConflict`
 */
export function assertStillRestored(part: string, kept: string, checks: readonly CheckResult[]): void {
  const differences = differencesIn(checks);
  if (differences.length === 0) return;
  throw new EngineError(
    "TargetConflict",
    `${part} was restored from this backup before, which kept ${kept}, and was changed since: ` +
      `${someOf(differences, 4, "; ")}; confirm or undo the earlier restore first`,
  );
}

/** @throws EngineError `BackupEmpty` */
export function assertNotEmpty(part: string, total: number, allowed: boolean, what: string): void {
  if (total > 0 || allowed) return;
  throw new EngineError(
    "BackupEmpty",
    `${part}: ${what}, so there would be nothing to restore. Check that it is the right server and that its volume is ` +
      `mounted; write "allowEmpty": true if it is meant to be empty`,
  );
}
