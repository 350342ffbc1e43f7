import { someOf } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import type { EnvProgram } from "./program";

/** The mapping of variables in a program, with `set` resolved. */
export interface VariableMapping extends Pick<EnvProgram, "rename" | "remove" | "required"> {
  readonly set: Readonly<Record<string, string>>;
}

/** POSIX, "Environment Variable Definition", extended with lower case. */
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Renames, removes and sets variables, and keeps the others, in the order of the file.
 *
 * All renames happen at once, so two names can be swapped. `set` overrides a variable of the file.
 *
 * @throws EngineError `VariablesInvalid` for a contradictory mapping, two different values for one name, and required
 * variables that are missing or empty
 */
export function mapVariables(source: ReadonlyMap<string, string>, mapping: VariableMapping): Map<string, string> {
  assertConsistent(mapping);
  const removed = new Set(mapping.remove);
  const mapped = new Map<string, string>();
  const collisions: string[] = [];
  for (const [name, value] of source) {
    if (removed.has(name)) continue;
    const target = Object.hasOwn(mapping.rename, name) ? (mapping.rename[name] as string) : name;
    if (mapped.has(target) && mapped.get(target) !== value) collisions.push(target);
    mapped.set(target, value);
  }
  if (collisions.length > 0) {
    throw new EngineError(
      "VariablesInvalid",
      `${someOf(collisions)}: a variable of another name would be renamed to this, and has another value; remove one of the two`,
    );
  }
  for (const [name, value] of Object.entries(mapping.set)) mapped.set(name, value);
  const missing = mapping.required.filter((name) => (mapped.get(name) ?? "") === "");
  if (missing.length > 0) {
    throw new EngineError("VariablesInvalid", `required, but missing or empty: ${someOf(missing)}; set them`);
  }
  return mapped;
}

function assertConsistent({ rename, set, remove, required }: VariableMapping): void {
  const targets = Object.values(rename);
  const removed = new Set(remove);
  const problems: [string, string[]][] = [
    ["two variables are renamed to", targets.filter((name, index) => targets.indexOf(name) !== index)],
    ["no name of a variable is", [...targets, ...Object.keys(set)].filter((name) => !VARIABLE_NAME.test(name))],
    ["set, and the target of a rename too, is", targets.filter((name) => Object.hasOwn(set, name))],
    [
      "removed, and renamed or set too, is",
      [...Object.keys(rename), ...Object.keys(set)].filter((name) => removed.has(name)),
    ],
    ["required, and removed too, is", required.filter((name) => removed.has(name) && !targets.includes(name))],
  ];
  const found = problems.filter(([, names]) => names.length > 0);
  if (found.length > 0) {
    const list = found
      .map(([what, names]) => `${what} ${someOf(names.map((name) => JSON.stringify(name)))}`)
      .join("; ");
    throw new EngineError("VariablesInvalid", `the mapping of variables contradicts itself: ${list}`);
  }
}
