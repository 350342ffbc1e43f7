import { EngineError } from "../engine-error";
import { byUtf8Bytes } from "../files/byte-order";
import { mapConcurrently } from "../files/concurrently";
import { sourceChanged } from "../files/manifest";
import { REQUESTS } from "../objects/remove-copies";
import { someOf } from "../some-of";
import type { Places } from "./open-places";
import type { PlacedObject } from "./place";
import type { BatchManifest, TransferEntry } from "./transfer-manifest";

/** What is to be done in one batch. */
export interface BatchPlan {
  readonly entries: readonly TransferEntry[];

  /** Those of the entries that the target does not hold yet. */
  readonly copies: readonly TransferEntry[];

  /** What the transfer copied earlier from objects that the source no longer has. */
  readonly outdated: readonly TransferEntry[];
}

/**
 * Compares the objects of a batch with their target, by content: sizes and times say nothing.
 *
 * @param previous what the transfer copied already
 * @throws EngineError `TargetConflict`, naming every path that holds an object of somebody else; nothing was written yet
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
