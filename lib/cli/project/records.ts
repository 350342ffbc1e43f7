import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { readJsonFile } from "../../core/read-json-file";
import { SternaError } from "../../core/sterna-error";
import { sha256 } from "../../engine/checksum";
import { applyRecord, type ApplyRecord } from "../../promotion/apply-record";
import type { Project } from "./project";

/**
 * The record of the last apply to a stack that this checkout knows of.
 *
 * @throws SternaError `FileNotJson`, `RecordUnreadable`
 */
export function lastRecord(project: Project, stack: string): ApplyRecord | undefined {
  const file = lastFile(project, stack);
  return file === undefined ? undefined : readJsonFile(file, applyRecord, "RecordUnreadable");
}

/**
 * Writes down what an apply did, and chains it to the record before.
 *
 * @returns path of the record
 * @throws SternaError `FileUnwritable`
 */
export function writeRecord(project: Project, record: Omit<ApplyRecord, "version" | "previous">): string {
  const directory = recordsOf(project, record.stack);
  const last = lastFile(project, record.stack);
  const previous = last === undefined ? null : sha256(readFileSync(last));
  const file = join(directory, `${record.finishedAt.replaceAll(":", "-")}.json`);
  try {
    mkdirSync(directory, { recursive: true });
    // A record is never overwritten.
    writeFileSync(file, `${JSON.stringify({ version: 1, ...record, previous }, undefined, 2)}\n`, { flag: "wx" });
  } catch (cause) {
    throw new SternaError("FileUnwritable", `${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
  return file;
}

/** Who runs the command: the person behind a pipeline where GitHub or GitLab names one, else the account. */
export function whoRuns(environment: NodeJS.ProcessEnv): string {
  return environment.GITHUB_ACTOR || environment.GITLAB_USER_LOGIN || environment.SUDO_USER || accountName(environment);
}

function accountName(environment: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    // Containers run under ids that no account has.
    return environment.USER || `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

function recordsOf({ workspace }: Project, stack: string): string {
  return join(workspace, "records", stack);
}

function lastFile(project: Project, stack: string): string | undefined {
  const directory = recordsOf(project, stack);
  if (!existsSync(directory)) return undefined;
  // The names are UTC times, so their order is that of time.
  const last = readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .at(-1);
  return last && join(directory, last);
}
