import { EngineError } from "../engine-error";

/** One state of an object, as its store names it: an ETag of S3, a generation of Google Cloud Storage. */
export type ObjectVersion = string;

export interface StoredObject {
  readonly body: string;
  readonly version: ObjectVersion;
}

/**
 * As much of an object store as a ledger needs: reads that see the last write, and writes on a condition. Nothing is
 * ever deleted, so nothing needs the permission to.
 */
export interface ObjectStore {
  /** Where it is, for messages. */
  readonly location: string;

  /** An object, or nothing when there is none of that name. */
  read(key: string): Promise<StoredObject | undefined>;

  /**
   * Writes an object if it is still as expected, in one atomic operation.
   *
   * @param expected the version to replace; nothing when there must be no such object
   * @returns the new version, or nothing when the object is not as expected. A refusal may be of a write that took
   *   effect: when its answer was lost and it was sent again.
   */
  writeIf(key: string, body: string, expected: ObjectVersion | undefined): Promise<ObjectVersion | undefined>;

  /** All keys that begin with `prefix`. */
  keys(prefix: string): Promise<string[]>;

  /** The versions of all objects whose keys begin with `prefix`. Absent where that costs as much as reading them. */
  listVersions?(prefix: string): Promise<Map<string, ObjectVersion>>;

  /** Releases connections. */
  close(): void;
}

/**
 * Refuses a store that takes conditional writes and ignores their condition, as older S3-compatible ones do: two runners
 * would hold the same lock.
 *
 * The first write is sent a second time. Its condition no longer holds then, so a store that takes it is found out, and
 * what it took is what it had.
 */
export class ConditionalWrites implements ObjectStore {
  readonly location: string;
  readonly listVersions: ObjectStore["listVersions"];
  private proved = false;

  constructor(private readonly store: ObjectStore) {
    this.location = store.location;
    this.listVersions = store.listVersions?.bind(store);
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
        `${this.store.location} ignores the condition of a conditional write (If-None-Match, If-Match, ifGenerationMatch), so it cannot keep two runners apart. Nothing was run. Use a store that honors them (Amazon S3 and Google Cloud Storage do), or a ledger in PostgreSQL.`,
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
