import { realpath, stat } from "node:fs/promises";
import { formatDynamicReference } from "../../core/dynamic-reference";
import { replaceValues } from "../../engine/dotenv/replace-values";
import { EngineError } from "../../engine/engine-error";
import { readIfThere } from "../../engine/files/read-if-there";
import { replaceFile } from "../../engine/files/replace-file";
import type { DotenvOnDisk } from "../env/read-dotenv-file";

/** Names of variables, and what takes the place of their values. */
export function referencesTo(secretArn: string, keys: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...keys].map(([name, key]) => [name, formatDynamicReference({ id: secretArn, key })]));
}

/** Whether the file with references is there already. */
export async function hasReferences(
  file: DotenvOnDisk,
  references: ReadonlyMap<string, string>,
  path: string,
): Promise<boolean> {
  const there = await readIfThere(path);
  return there?.equals(Buffer.from(replaceValues(file.content, references, file.path))) ?? false;
}

/**
 * Writes the file with references instead of values, with the permissions of the file that was read. A link stays one.
 *
 * @param to may be the file itself
 * @returns whether anything was written
 * @throws EngineError `TargetConflict` when another file is there, `VariablesInvalid`
 */
export async function writeReferences(
  file: DotenvOnDisk,
  references: ReadonlyMap<string, string>,
  to: string,
): Promise<boolean> {
  const text = replaceValues(file.content, references, file.path);
  const there = await readIfThere(to);
  if (there?.equals(Buffer.from(text))) return false;
  if (there !== undefined && to !== file.path) {
    throw new EngineError(
      "TargetConflict",
      `${to} exists, and holds something else; move it away, or name another file`,
    );
  }
  const { mode } = await stat(file.path);
  await replaceFile(there === undefined ? to : await realpath(to), text, mode & 0o777);
  return true;
}
