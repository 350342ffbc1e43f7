import { pipeline } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { EngineError } from "../engine-error";
import { rejectAborted } from "../files/abort";
import { mapConcurrently } from "../files/concurrently";
import { sourceChanged } from "../files/manifest";
import { UnchangedFile } from "../objects/upload";
import type { Places } from "./open-places";
import type { ObjectAttributes } from "./place";
import type { TransferEntry } from "./transfer-manifest";

/** Objects that are copied at the same time. Each holds at most one part in memory. */
const COPIES = 8;
const ATTEMPTS = 3;
const PAUSE_MILLISECONDS = 500;

/** What is done about the tags of objects. */
export type TagPolicy = "refuse" | "leave" | "carry";

/** How objects are copied. */
export interface CopyOptions {
  readonly tags: TagPolicy;

  /** Told of each object that arrived. */
  readonly onCopied: (entry: TransferEntry) => void;

  /**
   * Told of each object that changed meanwhile, and was not copied.
   * @default - an object that changed stops the copy
   */
  readonly onChanged?: ((entry: TransferEntry) => void) | undefined;
}

/**
 * Copies objects, each whole or not at all.
 *
 * @returns the entries that arrived, with the tags that the target gave
 * @throws EngineError `SourceChanged` when an object is no longer what its entry says, unless `onChanged` is told
 */
export async function copyObjects(
  places: Places,
  entries: readonly TransferEntry[],
  { tags, onCopied, onChanged }: CopyOptions,
  signal: AbortSignal,
): Promise<TransferEntry[]> {
  const copied = await mapConcurrently(entries, COPIES, signal, async (entry, either): Promise<TransferEntry[]> => {
    try {
      const targetTag = await withRetries(either, () => copyObject(places, entry, tags, either));
      onCopied(entry);
      return [{ ...entry, targetTag }];
    } catch (error) {
      if (onChanged === undefined || !(error instanceof EngineError) || error.code !== "SourceChanged") throw error;
      onChanged(entry);
      return [];
    }
  });
  return copied.flat();
}

async function copyObject(
  { from, to }: Places,
  entry: TransferEntry,
  policy: TagPolicy,
  signal: AbortSignal,
): Promise<string | undefined> {
  const tags = policy === "carry" ? await from.tags(entry.path, signal) : {};
  const opened = await from.open(entry.path, signal);
  if (opened === undefined) throw sourceChanged(entry.path, "it disappeared");
  const attributes: ObjectAttributes = { ...opened.attributes, ...(Object.keys(tags).length > 0 && { tags }) };
  const content = pipeline(opened.content, new UnchangedFile(entry), () => undefined);
  try {
    return await to.store(entry.path, content, entry.size, attributes, signal);
  } finally {
    content.destroy();
    opened.content.destroy();
  }
}

/** A connection that broke in the middle of an object: the SDKs repeat requests, but cannot read a stream twice. */
async function withRetries<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return rejectAborted(signal, async () => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (attempt === ATTEMPTS || signal.aborted || !isTransient(error)) throw error;
        await sleep(attempt * PAUSE_MILLISECONDS, undefined, { signal });
      }
    }
  });
}

function isTransient(error: unknown): boolean {
  if (error instanceof EngineError) return false;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === undefined || status >= 500 || status === 429;
}
