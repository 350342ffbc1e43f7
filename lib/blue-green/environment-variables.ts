import type { Construct } from "constructs";
import { holdsPassword } from "../core/password-in-url";
import { SternaError } from "../core/sterna-error";
import { ValidationError } from "../core/validation-error";

/** Entries by name, since a list in another order is a change. */
export function sortedByName<Value>(record: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
}

/**
 * @param reference what to write for a secret
 * @throws ValidationError `LiteralPassword`
 */
export function requireNoPasswords(
  environment: Readonly<Record<string, string>>,
  reference: string,
  construct: Construct,
): void {
  const name = Object.keys(environment).find((each) => holdsPassword(environment[each]!));
  if (name === undefined) return;
  const message = `the variable ${name} is a URL with a password, and whoever sees the plan or the service reads it; write secrets: { ${name}: ${reference} }`;
  throw new ValidationError("LiteralPassword", message, construct);
}

/**
 * Reads the reference of a variable.
 *
 * @throws ValidationError the code of the reference, with the name of the variable
 */
export function naming<Result>(variable: string, construct: Construct, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SternaError)) throw error;
    throw new ValidationError(error.code, `the secret ${variable}: ${error.message}`, construct);
  }
}
