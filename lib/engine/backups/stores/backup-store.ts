import type { BackupManifest } from "../backup-manifest";

/** A backup that cannot be read: its manifest is missing parts, or was changed. */
export interface UnreadableBackup {
  readonly id: string;
  readonly reason: string;
}

/** What a store holds. */
export interface StoredBackups {
  /** Newest first. */
  readonly backups: readonly BackupManifest[];

  readonly unreadable: readonly UnreadableBackup[];
}

/** A place for the backups of one system in one environment. */
export interface BackupStore {
  /** For messages. */
  readonly location: string;

  list(): Promise<StoredBackups>;

  /**
   * Adds a backup. Nobody sees it before it is whole: its manifest is written last.
   *
   * @param folder holds the files and the manifest; the store may take it away
   */
  publish(folder: string, manifest: BackupManifest): Promise<void>;

  /**
   * Lets some work read the files of a backup.
   *
   * @throws EngineError `BackupCorrupt` when a file is missing
   */
  open<T>(manifest: BackupManifest, scratch: string, work: (folder: string) => Promise<T>): Promise<T>;

  /** Deletes a backup, its manifest first. */
  remove(id: string): Promise<void>;

  close(): void;
}
