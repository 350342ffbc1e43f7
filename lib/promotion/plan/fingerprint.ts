import { hash } from "node:crypto";
import type { ReportedValue } from "../promotion-report";
import { type Leaves, extendPath } from "./attribute-changes";

/** Bytes of each digest: 128 bits of SHA-256, against which no second value can be found. */
const DIGEST_BYTES = 16;

const SENSITIVE = "sensitive";
const UNKNOWN = "unknown";

/**
 * What a resource is after a change, without its values: for each path the digest of the value, and after a space that
 * of the value without the declared differences, if it holds some.
 *
 * Sensitive values have no digest, since a short one could be guessed from it: two of them are not compared.
 */
export type Fingerprint = Readonly<Record<string, string>>;

export function fingerprintOf(leaves: Leaves, differences: DeclaredDifferences): Fingerprint {
  const fingerprint: Record<string, string> = {};
  for (const [path, value] of leaves) {
    fingerprint[withoutDifferences(path, differences)] = formsOf(value, differences);
  }
  return fingerprint;
}

/** Whether two entries of fingerprints represent the same value. */
export function areEqual(one: string, other: string): boolean {
  if (one === other) return true;
  const forms = one.split(" ");
  return other.split(" ").some((form) => forms.includes(form));
}

/** Whether two entries of one environment represent the same value, declared differences included. */
export function isSame(one: string | undefined, other: string | undefined): boolean {
  return one?.split(" ")[0] === other?.split(" ")[0];
}

/** An entry for a text that represents a value, and for the same text without the declared differences. */
export function entryOf(raw: string, rest: string): string {
  return raw === rest ? digest(raw) : `${digest(raw)} ${digest(rest)}`;
}

/** Whether a value was, or may have been, known only after the apply. */
export function isUnknown(entry: string): boolean {
  return entry === UNKNOWN || entry.endsWith(` ${UNKNOWN}`);
}

/** Whether two entries represent one value that both sides know. */
export function haveSameValue(one: string, other: string): boolean {
  const forms = one.split(" ");
  return other.split(" ").some((form) => form !== UNKNOWN && forms.includes(form));
}

/**
 * The entry of a value that is there, and that the apply which made it may have learned from the provider: it counts as
 * equal to the same value, and like a value that is known only after the apply.
 *
 * @param entry nothing where there is no value: the apply may have learned that, too
 */
export function learnedEntry(entry: string | undefined): string {
  return entry === undefined ? UNKNOWN : `${entry} ${UNKNOWN}`;
}

/** Whether a value has no digest because it is secret. */
export function isSensitive(entry: string): boolean {
  return entry === SENSITIVE || entry.startsWith(`${SENSITIVE} `);
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

/** Texts this short, such as a number of instances, are taken out only where they are the whole value. */
const SHORTEST_PART = 3;

/** An attribute that may differ between environments, whatever its values are. */
export interface FreeAttribute {
  /** Address of the resource, or its type: `aws_instance.app`, `aws_instance`. */
  readonly resource: string;

  /** Path of the attribute; what is inside of it may differ too. */
  readonly attribute: string;
}

/**
 * What may differ between two environments: values that each environment declares under the same name, such as the name
 * of a bucket, a size, a domain or an account id.
 *
 * A value is replaced by its name, in every text of a plan that holds it as a whole word. So `app-staging-logs` and
 * `app-production-logs` are the same once both environments say what their `ENVIRONMENT` is.
 */
export class DeclaredDifferences {
  private readonly whole = new Map<string, string>();
  private readonly parts: RegExp | undefined;

  /** @param values what is declared, by name; the same names in every environment */
  constructor(values: Readonly<Record<string, string>>) {
    const entries = Object.entries(values)
      .filter(([, value]) => value !== "")
      .sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [name, value] of entries) if (!this.whole.has(value)) this.whole.set(value, name);
    const parts = [...this.whole.keys()].filter(({ length }) => length >= SHORTEST_PART);
    // The longest first, so that a name is not found inside of a longer one.
    const alternatives = parts.sort((a, b) => b.length - a.length).map(escapeRegExp);
    if (alternatives.length > 0) {
      this.parts = new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives.join("|")})(?![\\p{L}\\p{N}])`, "gu");
    }
  }

  /** The value with the declared values taken out; nothing when it holds none. */
  takeOut(value: string | number | boolean): string | undefined {
    const text = String(value);
    const name = this.whole.get(text);
    if (name !== undefined) return placeholder(name);
    if (this.parts === undefined || typeof value !== "string") return undefined;
    const replaced = text.replace(this.parts, (found) => placeholder(this.whole.get(found)!));
    return replaced === text ? undefined : replaced;
  }
}

function placeholder(name: string): string {
  return `\${${name}}`;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
