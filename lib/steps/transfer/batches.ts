import { z } from "zod";
import { EngineError } from "../../engine/engine-error";
import { manifestEntry } from "../../engine/files/file-manifest";
import { sha256 } from "../../manifest/checksum";
import type { TransferProgram } from "./program";
import type { Place, PlacedObject } from "./place";

/** One object that a transfer copies or has copied. */
export const transferEntry = manifestEntry.extend({
  /** Whether the target had an object at this path before the transfer. Undoing the transfer keeps it. */
  existed: z.boolean(),
  /** SHA-256 of what the transfer copied here before. The target holds that until the new content arrives. */
  replaces: z.string().optional(),
  /** Tag of the source object with this content. */
  sourceTag: z.string().optional(),
  /** Tag of the target object with this content. Absent until it has arrived. */
  targetTag: z.string().optional(),
});
export type TransferEntry = z.infer<typeof transferEntry>;

const header = z.object({
  batch: z.string(),
  /** Checkpoint: whether all entries have arrived. */
  complete: z.boolean(),
});

/** The objects that a transfer copies in one batch. */
export interface BatchManifest {
  readonly batch: string;
  readonly complete: boolean;
  readonly entries: readonly TransferEntry[];
}

/**
 * What a transfer copies to its target, batch by batch: records in the target itself, with one JSON document per line.
 *
 * A batch is written before its first object, so that a killed copy can be resumed or undone.
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

type Scope = Pick<TransferProgram, "only" | "except" | "batchDepth">;

/** Objects of one batch, and their total size. */
export interface BatchSize {
  /** Prefix of their paths. Empty for those that are in no folder. */
  readonly name: string;
  readonly objects: number;
  readonly bytes: number;
}

/** The name of the batch of a path: its first folders. */
export function batchOf(path: string, depth: number): string {
  return path
    .split("/")
    .slice(0, -1)
    .slice(0, depth)
    .map((name) => `${name}/`)
    .join("");
}

/** Whether a path is moved by a transfer. */
export function inScope(path: string, { only, except }: Scope): boolean {
  const begins = (prefix: string): boolean => path.startsWith(prefix);
  return (only.length === 0 || only.some(begins)) && !except.some(begins);
}

/** All batches of a place, by name. Keeps only their sizes in memory. */
export async function batchesOf(place: Place, scope: Scope, signal: AbortSignal): Promise<BatchSize[]> {
  const batches = new Map<string, BatchSize>();
  for (const under of roots(scope)) {
    for (const { path, size } of await place.list(under, signal)) {
      if (!inScope(path, scope)) continue;
      const name = batchOf(path, scope.batchDepth);
      const { objects, bytes } = batches.get(name) ?? { objects: 0, bytes: 0 };
      batches.set(name, { name, objects: objects + 1, bytes: bytes + size });
    }
  }
  return [...batches.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The objects of one batch. */
export async function objectsOf(
  place: Place,
  batch: string,
  scope: Scope,
  signal: AbortSignal,
): Promise<PlacedObject[]> {
  const objects = await place.list(batch, signal);
  return objects.filter(({ path }) => batchOf(path, scope.batchDepth) === batch && inScope(path, scope));
}

/** Prefixes that cover everything in scope, none of them nested in another. */
function roots({ only }: Scope): readonly string[] {
  if (only.length === 0) return [""];
  return only.filter((prefix) => !only.some((other) => other !== prefix && prefix.startsWith(other)));
}
