import { mapConcurrently } from "../files/concurrently";
import { REQUESTS } from "../objects/remove-copies";
import type { Place } from "./place";
import type { TransferEntry } from "./transfer-manifest";

/**
 * Deletes what a transfer copied, and only that: what was there before, and what was changed since, stays.
 *
 * @returns the paths of the objects that were kept because they were changed since
 */
export async function removeCopies(
  target: Place,
  entries: readonly TransferEntry[],
  signal: AbortSignal,
): Promise<string[]> {
  const copied = entries.filter(({ existed }) => !existed);
  const kept = await mapConcurrently(copied, REQUESTS, signal, async ({ path, sha256, replaces }, either) => {
    const held = (await target.digest(path, either))?.sha256;
    if (held === undefined) return [];
    if (held !== sha256 && held !== replaces) return [path];
    await target.remove(path, either);
    return [];
  });
  return kept.flat();
}
