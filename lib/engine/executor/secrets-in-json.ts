import { isSecretKey, parseJson } from "../../core/server-login";

/** Nobody asked for a single value, so shorter ones are taken for words: `"mode": "fast"`. */
const SHORTEST_IN_JSON = 8;

/**
 * The texts in a JSON object or array, without those that say where a server is and who logs in.
 *
 * @returns nothing for what is no JSON
 */
export function secretsInJson(text: string): string[] {
  return /^\s*[[{]/.test(text) ? textsIn(parseJson(text)) : [];
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return value.length >= SHORTEST_IN_JSON ? [value] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value)
    .filter(([key]) => isSecretKey(key))
    .flatMap(([, item]) => textsIn(item));
}
