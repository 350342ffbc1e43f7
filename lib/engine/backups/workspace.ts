import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeTree } from "../archive/read-back";
import { FileLock } from "../ledgers/file-lock";
import type { BackupContext } from "./backup-context";
import type { LoadedPlan } from "./backup-plan";

/**
 * Lets some work have a folder that only this user can read, and removes it afterwards. It is in the directory of the
 * backups, where there is room for one, and else in the temporary folder of the system.
 */
export async function withWorkspace<T>({ destination }: LoadedPlan, work: (folder: string) => Promise<T>): Promise<T> {
  const parent = destination.directory ?? tmpdir();
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(parent, ".sterna-"));
  try {
    return await work(folder);
  } finally {
    await removeTree(folder);
  }
}

/** Lets nobody else take, delete or restore backups of this plan meanwhile, where it has a directory. */
export async function withBackupLock<T>(
  { destination, system, environment }: LoadedPlan,
  { signal, progress }: BackupContext,
  work: () => Promise<T>,
): Promise<T> {
  if (destination.directory === undefined) return work();
  const lock = new FileLock(join(destination.directory, system, environment, ".lock"));
  const release = await lock.acquire({ signal, onWait: (holder) => progress(`waits for ${holder}`) });
  try {
    return await work();
  } finally {
    release();
  }
}
