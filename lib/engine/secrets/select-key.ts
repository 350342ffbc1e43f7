import { z } from "zod";
import { parseJson } from "../../core/server-login";
import { EngineError } from "../engine-error";
import { someOf } from "../some-of";

const object = z.record(z.string(), z.unknown());
/** What a variable or a connection can take. */
const value = z.union([z.string().min(1), z.number(), z.boolean()]);

/**
 * One value of a secret that holds a JSON object.
 *
 * @param what names the secret
 * @throws EngineError `SecretNotJson`, `SecretKeyMissing`: with the names of keys, never with a value
 */
export function selectKey(text: string, key: string, what: string): string {
  const values = object.safeParse(parseJson(text)).data;
  if (values === undefined) {
    throw new EngineError(
      "SecretNotJson",
      `${what} holds no JSON object, so it has no key "${key}"; leave the key out for the whole value, or store an object`,
    );
  }
  const found = value.safeParse(Object.hasOwn(values, key) ? values[key] : undefined);
  if (found.success) return String(found.data);
  const keys = Object.keys(values);
  throw new EngineError(
    "SecretKeyMissing",
    keys.includes(key)
      ? `${what} holds no text under the key "${key}", or an empty one`
      : `${what} has no key "${key}"; it has ${keys.length === 0 ? "none" : someOf(keys)}`,
  );
}
