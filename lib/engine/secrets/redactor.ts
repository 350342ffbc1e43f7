import { isSecretKey } from "../../core/server-login";
import { parseJson } from "../../core/text";

const MASK = "***";
/** Shorter values would mask half of every message and protect nothing. */
const SHORTEST_SECRET = 4;
/** Values of keys such as `ssl`, which are not secret either. */
const WORDS = ["true", "false", "null"];

/** Nobody asked for these values, so shorter ones are taken for words: `TOKEN=test`. */
const SHORTEST_UNASKED_SECRET = 8;

/** What the process fetched from secret stores, in all spellings. */
const fetched = new Set<string>();

/** Has every redactor of this process mask a secret from now on, whoever fetched it. */
export function maskEverywhere(secret: string): void {
  for (const spelling of spellingsIn(secret)) fetched.add(spelling);
}

/** A text without what this process fetched from secret stores. */
export function maskFetched(text: string): string {
  return new Redactor().redact(text);
}

/** Takes secrets out of texts. It learns each secret when a step asks for it. */
export class Redactor {
  private readonly secrets = new Set<string>();

  /**
   * @param environment what commands inherit: secrets in it are known before anybody asks for them
   * @default - no environment
   */
  constructor(environment: NodeJS.ProcessEnv = {}) {
    for (const [name, value = ""] of Object.entries(environment)) {
      const secrets = SECRET_NAME.test(name) ? [value] : secretsInUrl(value);
      secrets.filter((secret) => secret.length >= SHORTEST_UNASKED_SECRET).forEach((secret) => this.learn(secret));
    }
  }

  /** Learns a secret, and what is secret in it. */
  learn(secret: string): void {
    for (const spelling of spellingsIn(secret)) this.secrets.add(spelling);
  }

  /** Masks each stretch of the text that any secrets cover, also where they overlap. */
  redact(text: string): string {
    const covered = [...this.secrets, ...fetched]
      .flatMap((secret) => occurrences(text, secret))
      .sort(([a], [b]) => a - b);
    let result = "";
    let end = 0;
    for (const [from, to] of covered) {
      if (from >= end) result += text.slice(end, from) + MASK;
      end = Math.max(end, to);
    }
    return result + text.slice(end);
  }
}

/** A secret, its lines, since output is reported line by line, and what is secret in it if it is a URL or JSON. */
function spellingsIn(secret: string): string[] {
  return [secret, ...secretsInJson(secret)]
    .flatMap((value) => [value, ...value.split(/\r?\n/), ...secretsInUrl(value)])
    .flatMap(spellingsOf)
    .filter((spelling) => spelling.length >= SHORTEST_SECRET && !WORDS.includes(spelling));
}

function occurrences(text: string, secret: string): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) found.push([at, at + secret.length]);
  return found;
}

/** Names of variables and keys that hold secrets by custom. */
const SECRET_NAME = /(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS|_KEY)$/i;

/** Encoded, a shorter secret is too few characters to be told from others. */
const SHORTEST_ENCODED = 8;
/** Bytes that four characters of base64 hold. */
const BASE64_GROUP = 3;
const BASE64_BITS = 6;

/** A secret as programs print it: as it is, in a URL, in JSON, and in base64, where other bytes may stand around it. */
export function spellingsOf(secret: string): string[] {
  if (secret.length < SHORTEST_ENCODED) return [secret];
  return [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...inBase64(secret)])];
}

/**
 * What does not change in the base64 of any text with the secret in it, such as the `user:password` of HTTP: it depends
 * on where the secret begins in a group of three bytes. The characters at both ends may hold bits of the neighbors.
 */
function inBase64(secret: string): string[] {
  return Array.from({ length: BASE64_GROUP }, (_, offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    const [from, to] = [Math.ceil((offset * 8) / BASE64_BITS), Math.floor((bytes.length * 8) / BASE64_BITS)];
    return (["base64", "base64url"] as const).map((encoding) => bytes.toString(encoding).slice(from, to));
  }).flat();
}

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

/** Shorter values of a query are words: `page=2`, `sslmode=require`. */
const SHORTEST_IN_QUERY = 8;
/** A segment of a path that whoever knows it is let in by, as with a webhook; `health-check` is none. */
const TOKEN_IN_PATH = /^(?=.*\d).{16,}$/;

/**
 * What is secret in a URL, each as written and decoded: the password, and what takes its place in an address
 * of HTTP.
 *
 * @returns nothing for what is no URL
 */
export function secretsInUrl(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { protocol, username, password, pathname, search } = new URL(text);
  const query = search
    .slice(1)
    .split("&")
    .map((pair) => pair.slice(pair.indexOf("=") + 1));
  const parts = [password, ...query.filter((value) => value.length >= SHORTEST_IN_QUERY)];
  if (/^https?:$/.test(protocol)) {
    // A name without a password is a token: https://TOKEN@host.
    if (password === "") parts.push(username);
    parts.push(...pathname.split("/").filter((segment) => TOKEN_IN_PATH.test(segment)));
  }
  return parts.filter((part) => part !== "").flatMap((part) => [part, decoded(part)]);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
