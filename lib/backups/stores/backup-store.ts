import { someOf } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import type { BackupManifest } from "../plan/backup-manifest";

/** An unreadable backup: its manifest is incomplete or was changed. */
export interface UnreadableBackup {
  readonly id: string;
  readonly reason: string;
}

/** Content of a store. */
export interface StoredBackups {
  /** Newest first. */
  readonly backups: readonly BackupManifest[];

  readonly unreadable: readonly UnreadableBackup[];
}

/** A store for the backups of one system in one environment. */
export interface BackupStore {
  /** For messages. */
  readonly location: string;

  list(): Promise<StoredBackups>;

  /**
   * Adds a backup. It is not visible before it is complete: its manifest is written last.
   *
   * @param folder contains the files and the manifest; the store may move it
   */
  publish(folder: string, manifest: BackupManifest): Promise<void>;

  /**
   * Runs work with the files of a backup.
   *
   * @throws EngineError `BackupCorrupt` when a file is missing
   */
  open<T>(manifest: BackupManifest, scratch: string, work: (folder: string) => Promise<T>): Promise<T>;

  /** Deletes a backup, its manifest first. */
  remove(id: string): Promise<void>;

  close(): void;
}

/** A backup, and a store that has it. */
export interface FoundBackup {
  readonly store: BackupStore;
  readonly manifest: BackupManifest;
}

/** The backups of all stores, newest first. One that is in several stores is listed once for each. */
export async function listBackups(stores: readonly BackupStore[]): Promise<FoundBackup[]> {
  const lists = await Promise.all(
    stores.map(async (store) => (await store.list()).backups.map((manifest) => ({ store, manifest }))),
  );
  // The copies of a backup keep the order of the stores: `sort` is stable.
  return lists.flat().sort((a, b) => (a.manifest.id > b.manifest.id ? -1 : a.manifest.id < b.manifest.id ? 1 : 0));
}

/**
 * Finds a backup.
 *
 * @param id if absent, the newest
 * @throws EngineError `BackupMissing`
 */
export async function findBackup(stores: readonly BackupStore[], id?: string): Promise<FoundBackup> {
  const all = await listBackups(stores);
  const found = id === undefined ? all[0] : all.find(({ manifest }) => manifest.id === id);
  if (found !== undefined) return found;
  const places = stores.map(({ location }) => location).join(" and ");
  const known = someOf([...new Set(all.map(({ manifest }) => manifest.id))], 5);
  throw new EngineError(
    "BackupMissing",
    id === undefined
      ? `there is no backup in ${places}; take one with \`sterna backup run\``
      : `there is no backup "${id}" in ${places}; there are: ${known || "none"}`,
  );
}

/** @throws EngineError `BackupStale` when a backup is older than a plan allows */
export function assertFresh(manifest: BackupManifest, maximumAgeHours: number | undefined, now: Date): void {
  const hours = (now.getTime() - Date.parse(manifest.startedAt)) / 3_600_000;
  if (maximumAgeHours === undefined || hours <= maximumAgeHours) return;
  throw new EngineError(
    "BackupStale",
    `the newest backup, ${manifest.id}, is ${hours.toFixed(1)} hours old, and may be ${maximumAgeHours}; look at the timer`,
  );
}
