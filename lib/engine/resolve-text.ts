import { EngineError } from "./engine-error";
import type { StoredSecret, Text } from "./text";

/**
 * The value that a text stands for, when it is at hand: it is no secret of a store.
 *
 * @param what names the asker in the message: `step "create-schema"`
 * @throws EngineError `UnresolvedReference`
 */
export function resolveText(
  text: Exclude<Text, StoredSecret>,
  variables: Readonly<Record<string, string>>,
  what: string,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  if (typeof text === "string") return text;
  if ("variable" in text) {
    const value = variables[text.variable];
    if (value !== undefined) return value;
    const known = Object.keys(variables).join(", ") || "none";
    throw new EngineError(
      "UnresolvedReference",
      `${what} uses the variable "${text.variable}", which this environment does not set (it sets: ${known}). Add it to environments.json.`,
    );
  }
  const value = environment[text.env];
  if (value !== undefined && value !== "") return value;
  throw new EngineError(
    "UnresolvedReference",
    `${what} needs the environment variable ${text.env}, which is ${value === "" ? "empty" : "not set"} where Terraform runs. Set it and run the command again.`,
  );
}
