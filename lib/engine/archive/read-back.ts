import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "../checksum";
import { EngineError } from "../engine-error";
import { manifestOf } from "../files/manifest";
import { walkDirectory } from "../files/walk";
import { someOf } from "../some-of";
import type { ArchiveContent } from "./archive-content";
import { extractArchive } from "./tar";

/**
 * Extracts an archive and compares every file with what went into it: the only proof that a backup can be restored.
 *
 * @param scratch directory that does not exist; removed in any case
 * @throws EngineError `BackupUnreadable`, naming what is missing, extra or different
 */
export async function readBack(
  archive: string,
  content: ArchiveContent,
  scratch: string,
  signal: AbortSignal,
): Promise<void> {
  await removeTree(scratch);
  await mkdir(scratch, { mode: 0o700 });
  try {
    await extractArchive(archive, scratch, signal);
    const tree = await walkDirectory(scratch, "keep", signal);
    const files = await manifestOf(scratch, tree.files, signal);
    const different = [
      ...differences(content.files, files),
      ...differences(content.links, tree.links),
      ...content.directories.filter((directory) => !tree.directories.includes(directory)),
    ];
    if (different.length > 0) {
      throw new EngineError(
        "BackupUnreadable",
        `${archive} does not hold what went into it: ${someOf(different)} are missing or different`,
      );
    }
  } finally {
    await removeTree(scratch);
  }
}

function differences<Entry extends { readonly path: string }>(
  expected: readonly Entry[],
  actual: readonly Entry[],
): string[] {
  const lines = (entries: readonly Entry[]): Map<string, string> =>
    new Map(entries.map((entry) => [canonicalJson(entry), entry.path]));
  const [left, right] = [lines(expected), lines(actual)];
  const onlyIn = (some: Map<string, string>, others: Map<string, string>): string[] =>
    [...some].filter(([line]) => !others.has(line)).map(([, path]) => path);
  return [...new Set([...onlyIn(left, right), ...onlyIn(right, left)])];
}

/** Removes a directory, also when the archive gave it back read-only. */
async function removeTree(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true });
  } catch (error) {
    if (!["EACCES", "EPERM", "ENOTEMPTY"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    await makeWritable(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

async function makeWritable(directory: string): Promise<void> {
  await chmod(directory, 0o700);
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries) {
    if (entry.isDirectory()) await makeWritable(join(directory, entry.name));
  }
}
