import { readFile, readdir, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, resolve, join } from "node:path";
import { removeTree } from "../../engine/archive/archive";
import { EngineError } from "../../engine/engine-error";
import { FileLock } from "../../engine/ledgers/file-lock";
import { SecretFetcher } from "../../engine/secrets/secret-fetcher";
import { referredSecret } from "../../engine/secrets/stored-secret";
import { isAlive, thisProcess } from "../../engine/processes/process-identity";
import { parseJson } from "../../core/text";
import { processIdentity } from "../../manifest/step-record";
import type { Setting, LoadedPlan } from "./backup-plan";

/** Context of all work on backups. */
export interface BackupContext {
  /** Environment in which settings are looked up. Its PATH contains the programs. */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;

  /** Reports progress for display. Never contains a secret. */
  progress(text: string): void;
  now(): Date;

  /**
   * Looks up the settings of the plan.
   * @default - in `environment`, in files and in secret stores, as the plan says
   */
  readonly resolve?: Resolve;
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

/** The lookup for a plan in a context. */
export function resolverIn({ file }: LoadedPlan, { resolve, environment }: BackupContext): Resolve {
  return resolve ?? resolverOf(file, environment);
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
  await removeAbandoned(parent);
  const folder = await mkdtemp(join(parent, WORKSPACE_PREFIX));
  try {
    await writeFile(join(folder, OWNER_FILE), JSON.stringify(thisProcess()), { mode: 0o600 });
    return await work(folder);
  } finally {
    await removeTree(folder);
  }
}

const WORKSPACE_PREFIX = ".sterna-";
const OWNER_FILE = "owner.json";

/** Removes the workspaces of killed processes: each may hold a whole dump. */
async function removeAbandoned(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(WORKSPACE_PREFIX));
  for (const name of names) {
    const text = await readFile(join(parent, name, OWNER_FILE), "utf8").catch(() => undefined);
    // In a temporary folder, others may have folders of the same name.
    const owner = text === undefined ? undefined : processIdentity.safeParse(parseJson(text)).data;
    if (owner !== undefined && !isAlive(owner)) await removeTree(join(parent, name));
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
