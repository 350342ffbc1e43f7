import { holdsDynamicReference, isDynamicReference, parseDynamicReference } from "../../core/secrets-in-text";
import { type StoredSecret, type Text, describeText } from "../../manifest/text";
import { EngineError } from "../engine-error";

type Address = StoredSecret["secret"];

/** A secret of a store, by a name that is written out. */
export type NamedSecret = Address & { readonly id: string };

/** A text without variables: where those of a step are not known, such as in the configuration of a ledger. */
export function spellOut(text: Text, variables: Readonly<Record<string, string>>, what: string): Text {
  if (typeof text === "string" || "env" in text) return text;
  if ("variable" in text) return resolveText(text, variables, what);
  return { secret: named(text, variables, what) };
}

/** @throws EngineError `UnresolvedReference` when the variable that names the secret is not set */
export function named(
  { secret }: StoredSecret,
  variables: Readonly<Record<string, string>>,
  what: string,
): NamedSecret {
  return { ...secret, id: resolveText(secret.id, variables, what) };
}

/** How messages call a secret. */
export function describeSecret(secret: Address): string {
  return describeText({ secret });
}

/**
 * The secret that a value of the environment refers to; nothing for a value that is meant itself.
 *
 * @param what where the value stands, for the message
 * @throws EngineError `SecretReferenceInvalid`
 */
export function referredSecret(value: string, what: string): NamedSecret | undefined {
  if (!holdsDynamicReference(value)) return undefined;
  const reference = parseDynamicReference(value);
  if (reference !== undefined) return { store: "aws", ...reference };
  if (!isDynamicReference(value)) {
    throw new EngineError(
      "SecretReferenceInvalid",
      `${what} holds a reference to a secret among other characters; keep the whole value in the secret, and write nothing but {{resolve:secretsmanager:<name or ARN>:SecretString:<key>}}`,
    );
  }
  throw new EngineError(
    "SecretReferenceInvalid",
    `${what} looks like a reference to a secret but is not valid; write {{resolve:secretsmanager:<name or ARN>:SecretString:<key>}}`,
  );
}

/**
 * The value that a text stands for, when it is at hand: it is no secret of a store.
 *
 * @param what names the asker in the message: `step "create-schema"`
 * @throws EngineError `UnresolvedReference`, `VariableMissing`
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
    "VariableMissing",
    `${what} needs the environment variable ${text.env}, which is ${value === "" ? "empty" : "not set"} where Terraform runs. Write it into .sterna/<environment>.env, or set it there, and run the command again.`,
  );
}
