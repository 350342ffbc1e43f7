const MASK = "***";
/** Shorter values would mask half of every message and protect nobody. */
const SHORTEST_SECRET = 4;

/** Takes secrets out of texts. It learns each secret when a step asks for it. */
export class Redactor {
  private readonly secrets = new Set<string>();

  /** Learns a secret, and the password inside it if it is a URL. */
  learn(secret: string): void {
    this.add(secret);
    try {
      const { password } = new URL(secret);
      this.add(password);
      this.add(decodeURIComponent(password));
    } catch {
      // Not a URL, or a password that is no valid encoding: the whole value is known already.
    }
  }

  redact(text: string): string {
    // Longer ones first: a URL before the password in it.
    const ordered = [...this.secrets].sort((a, b) => b.length - a.length);
    return ordered.reduce((result, secret) => result.replaceAll(secret, MASK), text);
  }

  private add(secret: string): void {
    if (secret.length >= SHORTEST_SECRET) this.secrets.add(secret);
  }
}
