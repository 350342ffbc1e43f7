import { resolveText } from "../resolve-text";
import type { Text } from "../text";
import type { SecretFetcher } from "./secret-fetcher";
import { named, referredSecret } from "./stored-secret";

/**
 * The value that a text stands for. A secret is fetched; so is one that a value of the environment refers to, as
 * `sterna secrets import` writes it into `.env` files.
 *
 * @param what names the asker in the message: `step "create-schema"`
 * @throws EngineError `UnresolvedReference`, `SecretReferenceInvalid`, and what `SecretFetcher.fetch` throws
 */
export async function lookUpText(
  text: Text,
  variables: Readonly<Record<string, string>>,
  what: string,
  fetcher: SecretFetcher,
): Promise<string> {
  if (typeof text !== "string" && "secret" in text) return fetcher.fetch(named(text, variables, what));
  const value = resolveText(text, variables, what, fetcher.environment);
  if (typeof text === "string" || !("env" in text)) return value;
  const referred = referredSecret(value, `the environment variable ${text.env}`);
  return referred === undefined ? value : fetcher.fetch(referred);
}
