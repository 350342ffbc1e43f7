import { hash } from "node:crypto";
import type { Leaves } from "../plan/attribute-changes";
import { extendPath } from "../plan/attribute-path";
import type { ReportedValue } from "../promotion-report";
import type { DeclaredDifferences } from "./declared-differences";

/** Bytes of each digest: 128 bits of SHA-256, against which no second value can be found. */
const DIGEST_BYTES = 16;

const SENSITIVE = "sensitive";
const UNKNOWN = "unknown";

/**
 * What a resource is after a change, without its values: for each path the digest of the value, and after a space that
 * of the value without the declared differences, if it holds some.
 *
 * Sensitive values have no digest, since a short one could be guessed from it: any two of them are taken as equal.
 */
export type Fingerprint = Readonly<Record<string, string>>;

export function fingerprintOf(leaves: Leaves, differences: DeclaredDifferences): Fingerprint {
  const fingerprint: Record<string, string> = {};
  for (const [path, value] of leaves) {
    fingerprint[withoutDifferences(path, differences)] = formsOf(value, differences);
  }
  return fingerprint;
}

/** Whether two entries of fingerprints stand for the same value. */
export function areEqual(one: string, other: string): boolean {
  if (one === other) return true;
  const forms = one.split(" ");
  return other.split(" ").some((form) => forms.includes(form));
}

/** Whether two entries of one environment stand for the same value: what it declares to be its own counts too. */
export function isSame(one: string | undefined, other: string | undefined): boolean {
  return one?.split(" ")[0] === other?.split(" ")[0];
}

/** An entry for a text that stands for a value, and for the same text without the declared differences. */
export function entryOf(raw: string, rest: string): string {
  return raw === rest ? digest(raw) : `${digest(raw)} ${digest(rest)}`;
}

export function isUnknown(entry: string): boolean {
  return entry === UNKNOWN;
}

/** The names of members are values too: a map of domains by name. */
function withoutDifferences(path: string, differences: DeclaredDifferences): string {
  if (!path.includes('["')) return path;
  return path.replace(/\["(?:[^"\\]|\\.)*"\]/g, (member) => {
    const name = (JSON.parse(member) as [string])[0];
    return extendPath("", differences.takeOut(name) ?? name).replace(/^(?!\[)/, ".");
  });
}

function formsOf(value: ReportedValue, differences: DeclaredDifferences): string {
  if (value.kind === "sensitive") return SENSITIVE;
  if (value.kind !== "known") return UNKNOWN;
  const raw = digest(JSON.stringify(value.value));
  if (value.value === null || typeof value.value === "object") return raw;
  const rest = differences.takeOut(value.value);
  return rest === undefined ? raw : `${raw} ${digest(JSON.stringify(rest))}`;
}

const known = new Map<string, string>();
const MOST_KNOWN = 4096;

/** Most values of a plan occur many times: `true`, `[]`, the name of the region. */
function digest(text: string): string {
  const found = known.get(text);
  if (found !== undefined) return found;
  const made = hash("sha256", text, "base64url").slice(0, Math.ceil((DIGEST_BYTES * 4) / 3));
  if (known.size >= MOST_KNOWN) known.clear();
  if (text.length <= 64) known.set(text, made);
  return made;
}
