import { EngineError } from "../engine-error";
import type { ObjectStore, ObjectVersion } from "./object-store";

/**
 * Refuses a store that takes conditional writes and ignores their condition, as older S3-compatible ones do: two runners
 * would hold the same lock.
 *
 * The first write is sent a second time. Its condition no longer holds then, so a store that takes it is found out, and
 * what it took is what it had.
 */
export class ConditionalWrites implements ObjectStore {
  readonly location: string;
  private proved = false;

  constructor(private readonly store: ObjectStore) {
    this.location = store.location;
  }

  async writeIf(key: string, body: string, expected: ObjectVersion | undefined): Promise<ObjectVersion | undefined> {
    const version = await this.store.writeIf(key, body, expected);
    if (version === undefined || this.proved) return version;
    let again: ObjectVersion | undefined;
    try {
      again = await this.store.writeIf(key, body, expected);
    } catch {
      // No answer proves nothing; the next write asks again.
      return version;
    }
    if (again !== undefined) {
      throw new EngineError(
        "LedgerUnsafe",
        `${this.store.location} ignores the condition of a conditional write (If-None-Match, If-Match, ifGenerationMatch), so it cannot keep two runners apart. Nothing was run. Use a store that honours them (Amazon S3 and Google Cloud Storage do), or a ledger in PostgreSQL.`,
      );
    }
    this.proved = true;
    return version;
  }

  read(key: string) {
    return this.store.read(key);
  }

  keys(prefix: string) {
    return this.store.keys(prefix);
  }

  close(): void {
    this.store.close();
  }
}
