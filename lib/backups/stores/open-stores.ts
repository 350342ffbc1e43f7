import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory, syncFile } from "../../engine/files/replace-file";
import { type BackupManifest, MANIFEST_FILE, parseManifest } from "../plan/backup-manifest";
import type { LoadedPlan } from "../plan/backup-plan";
import type { BackupStore, StoredBackups, UnreadableBackup } from "./backup-store";
import { BucketStore } from "./bucket-store";

/**
 * Lets some work use the stores of a plan: the directory, then the bucket.
 *
 * @throws EngineError `TargetMissing` for a bucket that there is not
 */
export async function withStores<T>(
  plan: LoadedPlan,
  signal: AbortSignal,
  work: (stores: readonly BackupStore[]) => Promise<T>,
): Promise<T> {
  const { system, environment, destination } = plan;
  const stores: BackupStore[] = [];
  try {
    if (destination.directory !== undefined) {
      stores.push(new DirectoryStore(join(destination.directory, system, environment)));
    }
    if (destination.bucket !== undefined) {
      const { name, region, prefix } = destination.bucket;
      stores.push(await BucketStore.open(name, region, `${prefix}${system}/${environment}/`, signal));
    }
    return await work(stores);
  } finally {
    for (const store of stores) store.close();
  }
}

const BACKUP_FOLDER = /^\d{8}T\d{9}Z$/;

/** Backups in a directory, each in a folder of its own that only its owner can read. */
class DirectoryStore implements BackupStore {
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
