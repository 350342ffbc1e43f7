import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { EngineError } from "../engine-error";
import { SecretFetcher } from "../secrets/secret-fetcher";
import { referredSecret } from "../secrets/stored-secret";
import type { Setting } from "./backup-plan";

/** What everything that works on backups gets. */
export interface BackupContext {
  /** Environment that settings are looked up in, and whose PATH holds the programs. */
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;

  /** Says what is going on, for people; never a secret. */
  progress(text: string): void;
  now(): Date;
}

/** Looks up a setting of a plan. */
export type Resolve = (setting: Setting) => Promise<string>;

/**
 * Makes the look-up for a plan.
 *
 * @param file the plan, whose folder paths are relative to
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
