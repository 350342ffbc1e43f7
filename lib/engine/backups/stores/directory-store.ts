import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory, syncFile } from "../../files/replace-file";
import { type BackupManifest, MANIFEST_FILE, parseManifest } from "../backup-manifest";
import type { BackupStore, StoredBackups, UnreadableBackup } from "./backup-store";

const BACKUP_FOLDER = /^\d{8}T\d{9}Z$/;

/** Backups in a directory, each in a folder of its own that only its owner can read. */
export class DirectoryStore implements BackupStore {
  readonly location: string;

  /** @param directory absolute path, on the file system of the workspace; made with the first backup */
  constructor(private readonly directory: string) {
    this.location = directory;
  }

  async list(): Promise<StoredBackups> {
    const names = (await readdir(this.directory).catch(absent)).filter((name) => BACKUP_FOLDER.test(name));
    const backups: BackupManifest[] = [];
    const unreadable: UnreadableBackup[] = [];
    for (const id of names.sort().reverse()) {
      const file = join(this.directory, id, MANIFEST_FILE);
      try {
        backups.push(parseManifest(await readFile(file, "utf8"), file));
      } catch (error) {
        unreadable.push({ id, reason: (error as Error).message });
      }
    }
    return { backups, unreadable };
  }

  async publish(folder: string, manifest: BackupManifest): Promise<void> {
    const files = manifest.parts.flatMap((part) => part.files.map(({ path }) => path));
    for (const path of [...files, MANIFEST_FILE]) await syncFile(join(folder, path));
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await rename(folder, join(this.directory, manifest.id));
    await syncDirectory(this.directory);
  }

  async open<T>({ id }: BackupManifest, _scratch: string, work: (folder: string) => Promise<T>): Promise<T> {
    return work(join(this.directory, id));
  }

  async remove(id: string): Promise<void> {
    const folder = join(this.directory, id);
    await rm(join(folder, MANIFEST_FILE), { force: true });
    await rm(folder, { recursive: true, force: true });
  }

  close(): void {}
}

function absent(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
