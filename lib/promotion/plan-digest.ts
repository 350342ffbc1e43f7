import { canonicalJson, sha256 } from "../engine/checksum";

/** What a saved plan stands on: the name of each part, and the SHA-256 (or the version) that it had. */
export type PlanParts = Readonly<Record<string, string>>;

/** One text for all parts: equal digests mean that the same plan would do the same with the same program. */
export function planDigest(parts: PlanParts): string {
  return sha256(canonicalJson(parts));
}

/** Names of the parts that are not as they were, in alphabetical order; also those that came or went. */
export function changedParts(then: PlanParts, now: PlanParts): string[] {
  return [...new Set([...Object.keys(then), ...Object.keys(now)])].filter((name) => then[name] !== now[name]).sort();
}
