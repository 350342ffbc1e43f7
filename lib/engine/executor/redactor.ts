import { spellingsOf } from "./secret-spellings";
import { secretsInUrl } from "./secrets-in-url";

const MASK = "***";
/** Shorter values would mask half of every message and protect nobody. */
const SHORTEST_SECRET = 4;

/** Names of environment variables that hold secrets by custom. */
const SECRET_NAME = /(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS|_KEY)$/i;
/** Nobody asked for these values, so shorter ones are taken for words: `TOKEN=test`. */
const SHORTEST_UNASKED_SECRET = 8;

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

  /** Learns a secret, what is secret in it if it is a URL, and its lines: output is reported line by line. */
  learn(secret: string): void {
    for (const part of [secret, ...secret.split(/\r?\n/), ...secretsInUrl(secret)]) {
      spellingsOf(part).forEach((spelling) => this.add(spelling));
    }
  }

  /** Masks each stretch of the text that any secrets cover, also where they overlap. */
  redact(text: string): string {
    const covered = [...this.secrets].flatMap((secret) => occurrences(text, secret)).sort(([a], [b]) => a - b);
    let result = "";
    let end = 0;
    for (const [from, to] of covered) {
      if (from >= end) result += text.slice(end, from) + MASK;
      end = Math.max(end, to);
    }
    return result + text.slice(end);
  }

  private add(secret: string): void {
    if (secret.length >= SHORTEST_SECRET) this.secrets.add(secret);
  }
}

function occurrences(text: string, secret: string): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) found.push([at, at + secret.length]);
  return found;
}
