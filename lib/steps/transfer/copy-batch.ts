import { pipeline } from "node:stream";
import { someOf } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import { rejectAborted, mapConcurrently } from "../../engine/files/concurrently";
import { sourceChanged, byUtf8Bytes } from "../../engine/files/file-manifest";
import { UnchangedFile } from "../../engine/objects/upload";
import { REQUESTS, withNewStreams } from "../../engine/objects/bucket";
import type { TransferEntry, BatchManifest } from "./batches";
import type { Places } from "./open-places";
import type { ObjectAttributes, PlacedObject } from "./place";

/** Objects that are copied in parallel. Each keeps at most one part in memory. */
const COPIES = 8;

/** How object tags are handled. */
export type TagPolicy = "refuse" | "leave" | "carry";

/** How objects are copied. */
export interface CopyOptions {
  readonly tags: TagPolicy;

  /** Called for each object that arrived. */
  readonly onCopied: (entry: TransferEntry) => void;

  /**
   * Called for each object that changed meanwhile, and was not copied.
   * @default - an object that changed stops the copy
   */
  readonly onChanged?: ((entry: TransferEntry) => void) | undefined;
}

/**
 * Copies objects, each whole or not at all.
 *
 * @returns the entries that arrived, with the tags from the target
 * @throws EngineError `SourceChanged` when an object no longer matches its entry, unless `onChanged` is given
 */
export async function copyObjects(
  places: Places,
  entries: readonly TransferEntry[],
  { tags, onCopied, onChanged }: CopyOptions,
  signal: AbortSignal,
): Promise<TransferEntry[]> {
  const copied = await mapConcurrently(entries, COPIES, signal, async (entry, either): Promise<TransferEntry[]> => {
    try {
      const targetTag = await rejectAborted(either, () =>
        withNewStreams(either, () => copyObject(places, entry, tags, either)),
      );
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

/** The work for one batch. */
export interface BatchPlan {
  readonly entries: readonly TransferEntry[];

  /** The entries that the target does not hold yet. */
  readonly copies: readonly TransferEntry[];

  /** What the transfer copied earlier from objects that the source no longer has. */
  readonly outdated: readonly TransferEntry[];
}

/**
 * Compares the objects of a batch with their target, by content: sizes and times prove nothing.
 *
 * @param previous what the transfer has copied already
 * @throws EngineError `TargetConflict`, with every path that holds a foreign object; nothing was written yet
 */
export async function planBatch(
  places: Places,
  source: readonly PlacedObject[],
  target: readonly PlacedObject[],
  previous: BatchManifest | undefined,
  onConflict: "refuse" | "replace",
  signal: AbortSignal,
): Promise<BatchPlan> {
  const earlier = new Map((previous?.entries ?? []).map((entry) => [entry.path, entry]));
  const there = new Map(target.map((object) => [object.path, object]));
  const conflicts: string[] = [];
  const copies: TransferEntry[] = [];
  const entries = await mapConcurrently(source, REQUESTS, signal, async (object, either): Promise<TransferEntry> => {
    const { path, tag: sourceTag } = object;
    const prior = earlier.get(path);
    const content = await sourceContent(places, object, prior, either);
    const entry = { path, ...content, sourceTag };
    const found = there.get(path);
    const held = found && (await heldContent(places, found, prior, either));
    if (found === undefined || held === undefined) {
      const missing = { ...entry, existed: false };
      copies.push(missing);
      return missing;
    }
    if (held === content.sha256) return { ...entry, existed: prior?.existed ?? true, targetTag: found.tag };
    const own = prior !== undefined && !prior.existed && [prior.sha256, prior.replaces].includes(held);
    if (!own && onConflict === "refuse") conflicts.push(path);
    const changed = { ...entry, existed: !own, replaces: held };
    copies.push(changed);
    return changed;
  });
  if (conflicts.length > 0) throw conflict(places, conflicts);
  const current = new Set(source.map(({ path }) => path));
  return { entries, copies, outdated: [...earlier.values()].filter(({ path }) => !current.has(path)) };
}

async function sourceContent(
  { from }: Places,
  object: PlacedObject,
  prior: TransferEntry | undefined,
  signal: AbortSignal,
) {
  const { path, tag } = object;
  if (prior !== undefined && tag !== undefined && tag === prior.sourceTag) {
    return { size: prior.size, sha256: prior.sha256 };
  }
  const digest = await from.digest(path, signal);
  if (digest === undefined) throw sourceChanged(path, "it disappeared");
  return digest;
}

/** SHA-256 of what the target holds. */
export async function heldContent(
  { to }: Pick<Places, "to">,
  { path, tag }: PlacedObject,
  prior: TransferEntry | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (prior !== undefined && tag !== undefined && tag === prior.targetTag) return prior.sha256;
  return (await to.digest(path, signal))?.sha256;
}

function conflict({ to }: Places, paths: string[]): EngineError {
  return new EngineError(
    "TargetConflict",
    `${paths.length} objects of ${to.location} exist with other content, and this transfer did not write them: ` +
      `${someOf(paths.sort(byUtf8Bytes))}; nothing of their batch was copied. Use another prefix, delete them, or set ` +
      'onConflict: "replace" if the source is right',
  );
}
