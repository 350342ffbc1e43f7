import { isDynamicReference } from "../../core/dynamic-reference";
import { SternaError } from "../../core/sterna-error";
import { describeKnown } from "../text/nearest";
import type { SecretValues } from "./secret-object";

/** What an import does to a variable's key: never a value. */
export interface ImportedVariable {
  readonly name: string;
  readonly key: string;
  readonly state: "new" | "same" | "differs";
}

const KEY = /^[\w.-]+$/;

/**
 * The keys that variables go to. Without a selection these are all variables that hold something, under their own names;
 * what is a reference already is left alone.
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

/** How the keys compare with what the secret holds. */
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
