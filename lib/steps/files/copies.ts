import { RESERVED_PREFIX, REQUESTS, type Bucket } from "../../engine/objects/bucket";
import { z } from "zod";
import { EngineError, someOf } from "../../engine/engine-error";
import { mapConcurrently } from "../../engine/files/concurrently";
import { manifestEntry, type ManifestEntry } from "../../engine/files/file-manifest";
import { sha256 } from "../../manifest/checksum";

/** One object that a step is about to copy, or copied. */
export const copyEntry = manifestEntry.extend({
  key: z.string().min(1),
  /** Whether the same object was there before the step: undoing the step must leave it. */
  existed: z.boolean(),
});
export type CopyEntry = z.infer<typeof copyEntry>;

/**
 * What a step copies into a bucket: an object in the same bucket, one JSON document a line.
 *
 * It is written before the first file, so that a copy that was stopped half-way can be undone as well.
 */
export class CopyManifest {
  readonly key: string;

  constructor(
    private readonly bucket: Bucket,
    stepId: string,
  ) {
    this.key = `${RESERVED_PREFIX}${stepId}/manifest.jsonl`;
  }

  /** Nothing when the step never came to copying, or was undone. */
  async read(signal: AbortSignal): Promise<CopyEntry[] | undefined> {
    const lines = (await this.bucket.text(this.key, signal))?.split("\n").filter((line) => line !== "");
    try {
      return lines?.map((line) => copyEntry.parse(JSON.parse(line)));
    } catch (cause) {
      throw new EngineError(
        "TargetConflict",
        `s3://${this.bucket.name}/${this.key} is not a manifest of this step; restore its previous version`,
        { cause },
      );
    }
  }

  async write(entries: readonly CopyEntry[], signal: AbortSignal): Promise<void> {
    const body = Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    await this.bucket.put(this.key, body, body.length, sha256(body), signal);
  }

  async remove(signal: AbortSignal): Promise<void> {
    await this.bucket.remove(this.key, signal);
  }
}

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
