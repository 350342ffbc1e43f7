import { EngineError } from "../engine-error";
import { mapConcurrently } from "../files/concurrently";
import type { ManifestEntry } from "../files/manifest";
import { someOf } from "../some-of";
import type { Bucket } from "./bucket";
import type { CopyEntry } from "./copy-manifest";
import { REQUESTS } from "./remove-copies";

/** An entry of the manifest, and whether its object is in the bucket already. */
export interface PlannedCopy {
  readonly entry: CopyEntry;
  readonly present: boolean;
}

/**
 * Compares files with the bucket that they go to.
 *
 * @param previous manifest of an earlier run of the same step that did not come to its end
 * @throws EngineError `TargetConflict`, naming every key that is taken by an object with other content; nothing was
 * written yet
 */
export async function planCopies(
  bucket: Bucket,
  prefix: string,
  files: readonly ManifestEntry[],
  previous: readonly CopyEntry[],
  signal: AbortSignal,
): Promise<PlannedCopy[]> {
  const there = await bucket.list(prefix, signal);
  const earlier = new Map(previous.map((entry) => [entry.key, entry]));
  const conflicts: string[] = [];
  const planned = await mapConcurrently(files, REQUESTS, signal, async (file, either): Promise<PlannedCopy> => {
    const key = prefix + file.path;
    const present = there.has(key);
    if (present && (there.get(key) !== file.size || (await bucket.sha256(key, either)) !== file.sha256)) {
      conflicts.push(key);
    }
    return { entry: { ...file, key, existed: earlier.get(key)?.existed ?? present }, present };
  });
  if (conflicts.length > 0) {
    throw new EngineError(
      "TargetConflict",
      `${conflicts.length} objects of s3://${bucket.name}/${prefix} exist with other content: ${someOf(conflicts.sort())}; ` +
        `nothing was copied. Use another prefix, or delete them if they are not needed`,
    );
  }
  return planned;
}
