import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { sha256 } from "../../manifest/checksum";
import { EngineError } from "../engine-error";
import { mapConcurrently, rejectAborted } from "./concurrently";

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

/** What identifies the content of a file. */
export interface FileDigest {
  /** In bytes. */
  readonly size: number;

  /** Hexadecimal. */
  readonly sha256: string;
}

/** Reads a stream to its end and digests it; the content never has to fit into memory. */
export async function digestOfStream(stream: AsyncIterable<Uint8Array>): Promise<FileDigest> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest("hex") };
}

/** @throws the signal's reason when aborted */
export async function digestOfFile(path: string, signal?: AbortSignal): Promise<FileDigest> {
  return rejectAborted(signal, () => digestOfStream(createReadStream(path, { signal })));
}

/**
 * Compares two texts by their UTF-8 bytes: the order of S3 listings and of PostgreSQL's collation `C`, so that digests
 * over sorted lines agree wherever they are computed. JavaScript's own order differs beyond U+FFFF.
 */
export function byUtf8Bytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** A number of bytes for people, in powers of 1000: `3.4 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}
