import { join } from "node:path";
import { z } from "zod";
import { sha256 } from "../checksum";
import { EngineError } from "../engine-error";
import { byUtf8Bytes } from "./byte-order";
import { mapConcurrently } from "./concurrently";
import { digestOfFile } from "./file-digest";

/** One file of a manifest. */
export const manifestEntry = z.object({
  /** Relative, with `/` between names. */
  path: z.string().min(1),
  /** In bytes. */
  size: z.number().int().nonnegative(),
  /** Hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ManifestEntry = z.infer<typeof manifestEntry>;

/** Two directories, or a directory and a bucket, hold the same files when these three are equal. */
export interface ManifestTotals {
  readonly files: number;
  readonly bytes: number;

  /** sha256 over the sorted lines `path:sha256`. */
  readonly sha256: string;
}

export function totalsOf(entries: readonly ManifestEntry[]): ManifestTotals {
  const lines = [...entries]
    .sort((a, b) => byUtf8Bytes(a.path, b.path))
    .map((entry) => `${entry.path}:${entry.sha256}\n`);
  return {
    files: entries.length,
    bytes: entries.reduce((sum, entry) => sum + entry.size, 0),
    sha256: sha256(lines.join("")),
  };
}

/** Files that are read at the same time. */
const READERS = 4;

/**
 * Digests files.
 *
 * @throws EngineError `SourceChanged` when one of them is no longer there
 */
export async function manifestOf(
  root: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<ManifestEntry[]> {
  return mapConcurrently(files, READERS, signal, async (path, either) => {
    try {
      return { path, ...(await digestOfFile(join(root, path), either)) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        throw sourceChanged(path, "it disappeared");
      }
      throw error;
    }
  });
}

export function sourceChanged(path: string, how: string): EngineError {
  return new EngineError(
    "SourceChanged",
    `${JSON.stringify(path)} changed while it was being read (${how}); stop what writes to it and apply again`,
  );
}
