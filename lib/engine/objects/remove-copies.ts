import { mapConcurrently } from "../files/concurrently";
import type { Bucket } from "./bucket";
import type { CopyEntry } from "./copy-manifest";

/** Requests to S3 at the same time. */
export const REQUESTS = 8;

/**
 * Deletes the objects that a step copied, and only those: what was there before, and what was changed since, stays.
 *
 * @returns the keys that were kept because they were changed since
 */
export async function removeCopies(
  bucket: Bucket,
  entries: readonly CopyEntry[],
  signal: AbortSignal,
): Promise<string[]> {
  const copied = entries.filter((entry) => !entry.existed);
  const kept = await mapConcurrently(copied, REQUESTS, signal, async (entry, either) => {
    const sha256 = await bucket.sha256(entry.key, either);
    if (sha256 === entry.sha256) {
      await bucket.remove(entry.key, either);
    }
    return sha256 !== undefined && sha256 !== entry.sha256 ? [entry.key] : [];
  });
  return kept.flat();
}
