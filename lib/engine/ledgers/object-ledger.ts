import { EngineError } from "../engine-error";
import { mapConcurrently } from "../files/concurrently";
import type { StepRecord } from "../../manifest/step-record";
import { ConditionalWrites, type ObjectStore } from "../objects/object-store";
import { FencedRow, parseRow } from "./fenced-row";
import { type HeldLock, ObjectLock } from "./object-lock";
import { type Ledger, type LedgerSession, type LockWait, assertScope, type LedgerScope } from "./ledger";

const LOCK_LIFETIME_SECONDS = 60;
const READS_AT_ONCE = 16;

export interface ObjectLedgerOptions {
  readonly store: ObjectStore;

  /** What all keys begin with: empty, or ending with a slash. */
  readonly prefix: string;
  readonly scope: LedgerScope;

  /**
   * Seconds without a sign of life after which a step's lock is taken over.
   * @default 60
   */
  readonly lockLifetime?: number;
}

/**
 * A ledger in an object store: `<prefix><system>/<environment>/<step>.json` for each row, and the step's lock beside it
 * in `<step>.lock`.
 *
 * What is guaranteed: no update of a row is lost, and no two runners work on a step at once as long as the signs of life
 * of the one that does reach the store within the lock's lifetime. Otherwise the next runner takes the lock over, and
 * from then on nothing that the earlier one sends changes the row. What that one changes elsewhere no ledger can stop:
 * it is told by `lost`, and a step that runs there must stop. So a step takes effect at least once, not exactly once.
 */
export class ObjectLedger implements Ledger {
  readonly location: string;
  private readonly store: ObjectStore;
  private readonly directory: string;
  private readonly scope: LedgerScope;
  private readonly lockLifetime: number;

  constructor({ store, prefix, scope, lockLifetime = LOCK_LIFETIME_SECONDS }: ObjectLedgerOptions) {
    this.store = new ConditionalWrites(store);
    // Encoded, so that no name can lead into the directory of another system.
    this.directory = `${prefix}${encodeURIComponent(scope.system)}/${encodeURIComponent(scope.environment)}/`;
    this.location = `${store.location}, ${this.directory}`;
    this.scope = scope;
    this.lockLifetime = lockLifetime * 1000;
  }

  async get(id: string): Promise<StepRecord | undefined> {
    return this.guard(() => this.read(this.rowKey(id)));
  }

  async list(): Promise<StepRecord[]> {
    return this.guard(async () => {
      const keys = (await this.store.keys(this.directory)).filter((key) => key.endsWith(".json"));
      const never = new AbortController().signal;
      const rows = await mapConcurrently(keys, READS_AT_ONCE, never, (key) => this.read(key));
      return rows.filter((row) => row !== undefined).sort(byStart);
    });
  }

  async withLock<T>(id: string, work: (session: LedgerSession) => Promise<T>, wait?: LockWait): Promise<T> {
    const lock = await this.guard(() => this.lock(id).acquire(wait), wait?.signal);
    const row = new FencedRow(this.store, this.rowKey(id), lock);
    try {
      if (lock.contested) await this.guard(() => row.fence());
      return await work(this.session(row, lock));
    } finally {
      await lock.release(row.mayStillChange ? "abandoned" : "free");
    }
  }

  async close(): Promise<void> {
    this.store.close();
  }

  private session(row: FencedRow, lock: HeldLock): LedgerSession {
    return {
      lost: lock.lost,
      get: () => this.guard(async () => this.inScope(await row.get())),
      put: (record) => this.guard(() => row.put(record)),
      remove: () => this.guard(() => row.remove()),
    };
  }

  private lock(id: string): ObjectLock {
    return new ObjectLock({
      store: this.store,
      key: `${this.directory}${id}.lock`,
      lifetime: this.lockLifetime,
      lastToken: async () => {
        const found = await this.store.read(this.rowKey(id));
        return found ? parseRow(found.body, this.rowKey(id), this.store).fence : 0;
      },
    });
  }

  private rowKey(id: string): string {
    return `${this.directory}${id}.json`;
  }

  private async read(key: string): Promise<StepRecord | undefined> {
    const found = await this.store.read(key);
    return this.inScope((found && parseRow(found.body, key, this.store).record) ?? undefined);
  }

  private inScope(record: StepRecord | undefined): StepRecord | undefined {
    return record && assertScope(record, this.scope, this.location);
  }

  private async guard<T>(access: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await access();
    } catch (error) {
      if (error instanceof EngineError || signal?.aborted) throw error;
      const reason = error instanceof Error ? error.message || error.name : String(error);
      throw new EngineError(
        "LedgerUnreachable",
        `the ledger in ${this.location} cannot be used: ${reason}. Check that the bucket exists, that the credentials of this process may list it, read it and write to it, and that its address can be reached, then apply again.`,
        { cause: error },
      );
    }
  }
}

function byStart(a: StepRecord, b: StepRecord): number {
  return a.startedAt.localeCompare(b.startedAt, "en") || a.id.localeCompare(b.id, "en");
}
