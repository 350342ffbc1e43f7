import { isSecretKey, parseJson } from "../../core/server-login";
import { SECRET_NAME } from "./secret-name";

/** Nobody asked for a single value, so shorter ones are taken for words, unless their key says otherwise: `"mode": "fast"`. */
const SHORTEST_IN_JSON = 8;

/**
 * The texts in a JSON object or array, without those that say where a server is and who logs in.
 *
 * @returns nothing for what is no JSON
 */
export function secretsInJson(text: string): string[] {
  return /^\s*[[{]/.test(text) ? textsIn(parseJson(text)) : [];
}

function textsIn(value: unknown, key?: string): string[] {
  if (value !== null && typeof value === "object") {
    return Object.entries(value).flatMap(([name, item]) => textsIn(item, Array.isArray(value) ? key : name));
  }
  if (!isSecretKey(key) || (typeof value !== "string" && typeof value !== "number")) return [];
  const text = String(value);
  return text.length >= SHORTEST_IN_JSON || SECRET_NAME.test(key ?? "") ? [text] : [];
}
