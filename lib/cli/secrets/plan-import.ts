import { realpath, stat } from "node:fs/promises";
import { SternaError } from "../../core/errors";
import { describeKnown } from "../../core/nearest";
import { isDynamicReference, formatDynamicReference } from "../../core/secrets-in-text";
import { replaceValues } from "../../engine/dotenv/write-dotenv";
import { EngineError } from "../../engine/engine-error";
import { readIfThere } from "../../core/read-file";
import { replaceFile } from "../../core/replace-file";
import type { DotenvOnDisk } from "../env/dotenv-file";
import type { SecretValues } from "./secret-object";

/** The effect of an import on a variable's key: never a value. */
export interface ImportedVariable {
  readonly name: string;
  readonly key: string;
  readonly state: "new" | "same" | "differs";
}

const KEY = /^[\w.-]+$/;

/**
 * The keys that variables are imported to. Without a selection, all non-empty variables under their own names, except
 * for existing references.
 *
 * @param only `NAME` or `NAME=key`
 * @throws SternaError `NothingToImport`
 */
export function keysToImport(variables: ReadonlyMap<string, string>, only: readonly string[]): Map<string, string> {
  const isSecret = (name: string) => {
    const value = variables.get(name) ?? "";
    return value !== "" && !isDynamicReference(value);
  };
  if (only.length === 0) return new Map([...variables.keys()].filter(isSecret).map((name) => [name, name]));
  const pairs = only.map((text) => {
    const [name = "", ...key] = text.split("=");
    return [name, key.length === 0 ? name : key.join("=")] as const;
  });
  for (const [name, key] of pairs) {
    if (!variables.has(name)) {
      throw new SternaError(
        "NothingToImport",
        `there is no variable ${name}: ${describeKnown(name, [...variables.keys()])}`,
      );
    }
    if (!KEY.test(key)) {
      throw new SternaError(
        "NothingToImport",
        `"${key}" is no key for ${name}; write letters, digits, ".", "_" and "-"`,
      );
    }
  }
  const keys = pairs.map(([, key]) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new SternaError("NothingToImport", `two variables would go to the key "${twice}"`);
  return new Map(pairs.filter(([name]) => isSecret(name)));
}

/** Compares the keys with the content of the secret. */
export function compareWithSecret(
  variables: ReadonlyMap<string, string>,
  keys: ReadonlyMap<string, string>,
  present: SecretValues,
): ImportedVariable[] {
  return [...keys].map(([name, key]) => {
    if (!Object.hasOwn(present, key)) return { name, key, state: "new" };
    return { name, key, state: present[key] === variables.get(name) ? "same" : "differs" };
  });
}

/** Names of variables, with the references that replace their values. */
export function referencesTo(secretArn: string, keys: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...keys].map(([name, key]) => [name, formatDynamicReference({ id: secretArn, key })]));
}

/** Whether the file with references already exists. */
export async function hasReferences(
  file: DotenvOnDisk,
  references: ReadonlyMap<string, string>,
  path: string,
): Promise<boolean> {
  const there = await readIfThere(path);
  return there?.equals(Buffer.from(replaceValues(file.content, references, file.path))) ?? false;
}

/**
 * Writes the file with references instead of values, with the permissions of the source file. A link is kept.
 *
 * @param to may be the source file itself
 * @returns whether anything was written
 * @throws EngineError `TargetConflict` when a different file exists, `VariablesInvalid`
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
