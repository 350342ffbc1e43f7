import { appendFileSync, mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { SternaError } from "../../core/sterna-error";
import type { Repair, RepairedRow } from "../../engine/executor/repair-row";
import type { Project } from "./project";

/**
 * Notes an edit of the ledger by hand, in a file beside the records of the applies: a row that was removed cannot keep
 * the reason itself.
 *
 * @returns path of the file, from the project's folder
 * @throws SternaError `FileUnwritable`
 */
export function writeRepair(project: Project, stack: string, repair: Repair & RepairedRow & { step: string }): string {
  const directory = join(project.workspace, "records", stack);
  const file = join(directory, "repairs.jsonl");
  try {
    mkdirSync(directory, { recursive: true });
    appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), ...repair })}\n`);
  } catch (cause) {
    const message = `the ledger is edited, but ${file} cannot be written: ${(cause as Error).message}`;
    throw new SternaError("FileUnwritable", message, { cause });
  }
  return relative(project.directory, file);
}
