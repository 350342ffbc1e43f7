import { z } from "zod";
import { EngineError } from "../engine-error";
import { stepRecord, type StepRecord } from "../../manifest/step-record";
import type { HeldLock } from "./object-lock";
import type { ObjectStore, ObjectVersion } from "../objects/object-store";
import { readStored } from "./ledger";

/** The object of a row. */
const rowObject = z.object({
  /** Token of the lock under which it was written. */
  fence: z.number().int().nonnegative(),
  /** Counts the writes, so that no two states of a row have the same bytes, and so the same ETag. */
  revision: z.number().int().nonnegative(),
  /** `null` for a row that was removed: were the object deleted, a write that arrives late would bring it back. */
  record: stepRecord.nullable(),
});
type RowObject = z.infer<typeof rowObject>;

/** @throws EngineError `LedgerRowUnreadable` */
export function parseRow(body: string, key: string, store: Pick<ObjectStore, "location">): RowObject {
  return readStored(rowObject, body, `${key} in ${store.location}`);
}

interface KnownRow extends RowObject {
  readonly version?: ObjectVersion;
  readonly body?: string;
}

const NO_ROW: KnownRow = { fence: 0, revision: 0, record: null };

/**
 * A row, written only by the holder of its lock.
 *
 * Fencing: whoever takes the lock over from a holder that may still live first writes its own, higher token into the
 * row. Each write replaces the very version that its writer saw, and none that carries a higher token. So from then on
 * the store itself refuses every write of the earlier holder, however late it arrives.
 */
export class FencedRow {
  private known?: KnownRow;
  private uncertain = false;

  constructor(
    private readonly store: ObjectStore,
    private readonly key: string,
    private readonly lock: Pick<HeldLock, "token" | "assertNotTakenOver">,
  ) {}

  /** Whether a write whose answer was lost may still arrive. */
  get mayStillChange(): boolean {
    return this.uncertain;
  }

  async get(): Promise<StepRecord | undefined> {
    return (await this.look()).record ?? undefined;
  }

  /** @throws EngineError `LedgerConflict` when another process wrote the row in the meantime, or took over the lock */
  async put(record: StepRecord): Promise<void> {
    await this.write(record);
  }

  /** @throws EngineError `LedgerConflict`, as `put` */
  async remove(): Promise<void> {
    const { record } = this.known ?? (await this.look());
    if (record !== null) await this.write(null);
  }

  /** Shuts earlier holders out. */
  async fence(): Promise<void> {
    let row = await this.look();
    while (!(await this.replace(row, row.record))) {
      // The earlier holder was faster once more, or the answer was lost.
      row = await this.look();
      if (row.fence === this.lock.token) return;
    }
  }

  private async write(record: StepRecord | null): Promise<void> {
    let row = this.known ?? (await this.look());
    while (!(await this.replace(row, record))) {
      const body = this.encode(row, record);
      row = await this.look();
      // Written, and only the answer was lost.
      if (row.body === body) return;
      // With the own token it is an earlier write of this holder that came late: then there is a newer version to replace.
      if (row.fence !== this.lock.token) throw this.conflict();
    }
  }

  /** @returns whether the row still was as seen */
  private async replace(seen: KnownRow, record: StepRecord | null): Promise<boolean> {
    this.lock.assertNotTakenOver();
    const body = this.encode(seen, record);
    let version: ObjectVersion | undefined;
    try {
      version = await this.store.writeIf(this.key, body, seen.version);
    } catch (error) {
      this.uncertain = true;
      this.known = undefined;
      throw error;
    }
    // Either way, the version that anything sent before would replace is there no more.
    this.uncertain = false;
    this.known = version === undefined ? undefined : { ...parseRow(body, this.key, this.store), version, body };
    return version !== undefined;
  }

  private async look(): Promise<KnownRow> {
    const found = await this.store.read(this.key);
    const row: KnownRow = found
      ? { ...parseRow(found.body, this.key, this.store), version: found.version, body: found.body }
      : NO_ROW;
    if (row.fence > this.lock.token) throw this.conflict();
    return (this.known = row);
  }

  private encode(replaced: KnownRow, record: StepRecord | null): string {
    const row: RowObject = { fence: this.lock.token, revision: replaced.revision + 1, record };
    return `${JSON.stringify(row, undefined, 2)}\n`;
  }

  private conflict(): EngineError {
    return new EngineError(
      "LedgerConflict",
      `another process wrote ${this.key} in ${this.store.location} while this run held its lock: another run took the lock over, because this one showed no sign of life, or the object was changed by hand. This run writes nothing more. Apply again: the next run continues from the recorded state.`,
    );
  }
}
