import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { EngineError } from "../engine-error";
import type { Reference, Setting } from "./backup-plan";

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
  return async (setting) => {
    if (typeof setting === "string") return setting;
    const value = "env" in setting ? environment[setting.env] : await readSecret(resolve(dirname(file), setting.file));
    if (value !== undefined && value !== "") return value;
    throw new EngineError(
      "UnresolvedReference",
      `${file} needs ${describeReference(setting)}, which is ${value === "" ? "empty" : "not set"}`,
    );
  };
}

function describeReference(reference: Reference): string {
  return "env" in reference ? `the environment variable ${reference.env}` : `the file ${reference.file}`;
}

async function readSecret(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).replace(/\r?\n$/, "");
  } catch (cause) {
    throw new EngineError("FileUnreadable", `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
