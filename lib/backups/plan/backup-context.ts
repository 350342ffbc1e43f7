import { readFile, mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, resolve, join } from "node:path";
import { removeTree } from "../../engine/archive/archive";
import { EngineError } from "../../engine/engine-error";
import { FileLock } from "../../engine/ledgers/file-lock";
import { SecretFetcher } from "../../engine/secrets/secret-fetcher";
import { referredSecret } from "../../engine/secrets/stored-secret";
import type { Setting, LoadedPlan } from "./backup-plan";

/** Context of all work on backups. */
export interface BackupContext {
  /** Environment in which settings are looked up. Its PATH contains the programs. */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;

  /** Reports progress for display. Never contains a secret. */
  progress(text: string): void;
  now(): Date;
}

/** Looks up a setting of a plan. */
export type Resolve = (setting: Setting) => Promise<string>;

/**
 * Creates the lookup for a plan.
 *
 * @param file the plan, to whose folder paths are relative
 */
export function resolverOf(file: string, environment: NodeJS.ProcessEnv): Resolve {
  const fetcher = new SecretFetcher(environment);
  return async (setting) => {
    if (typeof setting === "string") return setting;
    if ("secret" in setting) return fetcher.fetch(setting.secret);
    const value = "env" in setting ? environment[setting.env] : await readSecret(resolve(dirname(file), setting.file));
    const what = "env" in setting ? `the environment variable ${setting.env}` : `the file ${setting.file}`;
    if (value === undefined || value === "") {
      throw new EngineError(
        "UnresolvedReference",
        `${file} needs ${what}, which is ${value === "" ? "empty" : "not set"}`,
      );
    }
    const secret = referredSecret(value, what);
    return secret === undefined ? value : fetcher.fetch(secret);
  };
}

async function readSecret(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).replace(/\r?\n$/, "");
  } catch (cause) {
    throw new EngineError("FileUnreadable", `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Runs work with a folder that only this user can read, and removes it afterwards. It is in the directory of the
 * backups, which has enough space, if the plan has one, otherwise in the temporary folder of the system.
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

/** Keeps other processes from taking, deleting or restoring backups of this plan meanwhile, if it has a directory. */
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
