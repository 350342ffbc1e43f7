import { SECRET_NAME } from "./secret-name";
import { spellingsOf } from "./secret-spellings";
import { secretsInJson } from "./secrets-in-json";
import { secretsInUrl } from "./secrets-in-url";

const MASK = "***";
/** Shorter values would mask half of every message and protect nobody. */
const SHORTEST_SECRET = 4;
/** What a key such as `ssl` of a secret may hold protects nobody either. */
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
