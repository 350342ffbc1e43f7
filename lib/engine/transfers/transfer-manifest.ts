import { z } from "zod";
import { sha256 } from "../checksum";
import { EngineError } from "../engine-error";
import { manifestEntry } from "../files/manifest";
import type { Place } from "./place";

/** One object that a transfer copies, or copied. */
export const transferEntry = manifestEntry.extend({
  /** Whether the target held an object of this path before the transfer: undoing the transfer leaves it. */
  existed: z.boolean(),
  /** SHA-256 of what the transfer had copied here before; until the new content arrived, the target holds that. */
  replaces: z.string().optional(),
  /** Tag of the object in the source that has this content. */
  sourceTag: z.string().optional(),
  /** Tag of the object in the target that has this content; absent until it arrived. */
  targetTag: z.string().optional(),
});
export type TransferEntry = z.infer<typeof transferEntry>;

const header = z.object({
  batch: z.string(),
  /** Checkpoint: whether all entries arrived. */
  complete: z.boolean(),
});

/** What a transfer copies in one batch. */
export interface BatchManifest {
  readonly batch: string;
  readonly complete: boolean;
  readonly entries: readonly TransferEntry[];
}

/**
 * What a transfer copies into its target, batch by batch: records in the target itself, one JSON document a line.
 *
 * A batch is written before its first object, so that a copy that was killed half-way can go on, or be undone.
 */
export class TransferManifest {
  private readonly folder: string;

  constructor(
    private readonly target: Place,
    transfer: string,
  ) {
    this.folder = `transfers/${transfer}/manifest/`;
  }

  /** Names of the records. */
  async records(signal: AbortSignal): Promise<string[]> {
    return this.target.listRecords(this.folder, signal);
  }

  async readBatch(batch: string, signal: AbortSignal): Promise<BatchManifest | undefined> {
    return this.read(this.nameOf(batch), signal);
  }

  async read(record: string, signal: AbortSignal): Promise<BatchManifest | undefined> {
    const text = await this.target.readRecord(record, signal);
    if (text === undefined) return undefined;
    try {
      const [first, ...lines] = text.split("\n").filter((line) => line !== "");
      const { batch, complete } = header.parse(JSON.parse(first as string));
      return { batch, complete, entries: lines.map((line) => transferEntry.parse(JSON.parse(line))) };
    } catch (cause) {
      throw new EngineError(
        "TransferManifestUnreadable",
        `the record ${record} in ${this.target.location} is no manifest of a transfer; restore its previous version`,
        { cause },
      );
    }
  }

  async write({ entries, ...first }: BatchManifest, signal: AbortSignal): Promise<void> {
    const lines = [first, ...entries].map((line) => `${JSON.stringify(line)}\n`);
    await this.target.writeRecord(this.nameOf(first.batch), lines.join(""), signal);
  }

  async remove(record: string, signal: AbortSignal): Promise<void> {
    await this.target.removeRecord(record, signal);
  }

  private nameOf(batch: string): string {
    return `${this.folder}${sha256(batch).slice(0, 16)}.jsonl`;
  }
}
