import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../core/read-json-file";
import { SternaError } from "../../core/errors";
import { canonicalJson } from "../../manifest/checksum";
import { readPins, withPin, writePins, type PinsFile } from "../../manifest/pins-file";
import type { Project } from "./project";
import { replaceFile, writePrivateJson } from "./write-file";

/** Which release an environment shall run. */
export interface PinChange {
  readonly system: string;
  readonly environment: string;
  readonly release: string;
}

/** What is written down while a pin is tried, so that a killed command leaves no unproved pin behind. */
const journal = z.object({ pid: z.number(), before: z.string(), tried: z.string() });

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Changes a pin in `releases.json` and does some work, as `changePins` does.
 *
 * @throws SternaError as `changePins`, `InvalidRelease`
 */
export async function changePin<T>(project: Project, change: PinChange, work: () => Promise<T>): Promise<T> {
  return changePins(project, (content) => withPin(content, change.system, change.environment, change.release), work);
}

/**
 * Changes `releases.json` and does some work. When the work fails, or the command is interrupted,
 * `releases.json` is byte for byte what it was.
 *
 * The app reads its pins from the file, so what a release would mean for an environment can be seen only with the new
 * pin in place.
 *
 * @throws SternaError `PinsBusy`, `FileUnwritable`, what is wrong with `releases.json`, or what the work throws
 */
export async function changePins<T>(
  project: Project,
  change: (content: PinsFile) => PinsFile,
  work: () => Promise<T>,
): Promise<T> {
  recoverPins(project);
  const file = journalFile(project);
  if (existsSync(file)) {
    throw new SternaError(
      "PinsBusy",
      `another sterna command is changing releases.json; wait for it, or remove ${file} if there is none`,
    );
  }
  const changed = change(readPins(project.pinsFile));
  const before = readFileSync(project.pinsFile, "utf8");
  writePrivateJson(file, { pid: process.pid, before, tried: canonicalJson(changed) });
  const restore = (): void => {
    replaceFile(project.pinsFile, before, statSync(project.pinsFile).mode);
    rmSync(file, { force: true });
  };
  const onSignal = (): void => {
    restore();
    process.exit(1);
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  try {
    writePins(project.pinsFile, changed);
    const result = await work();
    rmSync(file, { force: true });
    return result;
  } catch (error) {
    restore();
    throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/**
 * Takes back a pin that a killed command was trying. What people wrote into `releases.json` since then stays.
 */
export function recoverPins(project: Project): void {
  const file = journalFile(project);
  if (!existsSync(file)) return;
  const { pid, before, tried } = readJsonFile(file, journal, "InvalidPins");
  if (pid !== process.pid && isAlive(pid)) return;
  if (canonicalJson(readPins(project.pinsFile)) === tried) {
    replaceFile(project.pinsFile, before, statSync(project.pinsFile).mode);
  }
  rmSync(file, { force: true });
}

function journalFile({ workspace }: Project): string {
  return join(workspace, "pin-change.json");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
