import type { SecretManagerClient } from "./secret-manager-client";

/**
 * A secret whose versions are added and read by number, as the entries of a log. That is all that Secret Manager
 * promises to be consistent: `latest`, aliases and lists may lag behind for hours. So `latest` is no more than a place to
 * begin, and the last version is the one whose successor is not there. Numbers begin at 1 and have no gaps.
 *
 * @see https://cloud.google.com/secret-manager/docs/reference/consistency
 */
export class AppendOnlySecret {
  /** A number that is known to be there. */
  private known = 0;
  private readonly values = new Map<number, string>();

  constructor(
    private readonly client: SecretManagerClient,
    /** `projects/<project>/secrets/<name>`. */
    readonly name: string,
  ) {}

  /** Number of the last version; 0 without any. */
  async last(): Promise<number> {
    if (this.known === 0) this.keep(await this.client.accessVersion(this.name, "latest"));
    while (await this.exists(this.known + 1));
    return this.known;
  }

  /** The value of a version; nothing when it is disabled or destroyed. */
  async value(number: number): Promise<string | undefined> {
    if (!this.values.has(number)) await this.exists(number);
    return this.values.get(number);
  }

  /** Adds a version, and gives its number back. */
  async add(value: string): Promise<number> {
    const number = await this.client.addVersion(this.name, value);
    this.keep({ number, value });
    return number;
  }

  /** Destroys the versions before one: those that can be read still, and so many at once at most. */
  async destroyBefore(number: number, { first, most }: { first: number; most: number }): Promise<void> {
    for (let older = number - 1; older >= Math.max(first, number - most); older--) {
      const found = await this.client.accessVersion(this.name, older);
      if (found?.value === undefined) return;
      await this.client.destroyVersion(this.name, older);
    }
  }

  private async exists(number: number): Promise<boolean> {
    const found = await this.client.accessVersion(this.name, number);
    this.keep(found);
    return found !== undefined;
  }

  private keep(found: { number: number; value: string | undefined } | undefined): void {
    if (found === undefined) return;
    this.known = Math.max(this.known, found.number);
    if (found.value !== undefined) this.values.set(found.number, found.value);
  }
}
