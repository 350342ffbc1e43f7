import { SecretManagerClient, type AccessedVersion } from "../../../lib/clouds/google-secret-manager";

/**
 * A client that throws "crash" before or after one of its changes, and at all later calls, as a process that is gone.
 * Calls that read leave nothing behind, so that a crash at one of them is a crash after the change before it.
 */
export class CrashingClient extends SecretManagerClient {
  /** The changes it made. */
  readonly changes: string[] = [];
  private crashed = false;

  /** What happens meanwhile, before the next version is added. */
  beforeAdd: (() => Promise<void>) | undefined;

  constructor(
    endpoint: string,
    private readonly at = Infinity,
    private readonly when: "before" | "after" = "before",
  ) {
    super({ endpoint });
  }

  override async addVersion(secret: string, value: string): Promise<number> {
    await this.beforeAdd?.();
    return this.change(`add to ${secret}`, () => super.addVersion(secret, value));
  }

  override async accessVersion(secret: string, version: number | "latest"): Promise<AccessedVersion | undefined> {
    if (this.crashed) throw new Error("crash");
    return super.accessVersion(secret, version);
  }

  override async destroyVersion(secret: string, version: number): Promise<void> {
    return this.change(`destroy of ${secret}`, () => super.destroyVersion(secret, version));
  }

  private async change<Result>(what: string, make: () => Promise<Result>): Promise<Result> {
    const here = this.changes.length + 1 === this.at;
    if (this.crashed || (here && this.when === "before")) this.crash();
    const result = await make();
    this.changes.push(what);
    if (here) this.crash();
    return result;
  }

  private crash(): never {
    this.crashed = true;
    throw new Error("crash");
  }
}
