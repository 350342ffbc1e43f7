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
  try {
    await extractAndCompare(archive, content, scratch, signal);
  } finally {
    await removeTree(scratch);
  }
}

/**
 * Extracts an archive into a new directory, and compares every file with what went into it.
 *
 * @param directory what is there already is removed
 * @throws EngineError `BackupUnreadable`, naming what is missing, extra or different
 */
export async function extractAndCompare(
  archive: string,
  content: ArchiveContent,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  await removeTree(directory);
  await mkdir(directory, { mode: 0o700 });
  await extractArchive(archive, directory, signal);
  const tree = await walkDirectory(directory, "keep", signal);
  const files = await manifestOf(directory, tree.files, signal);
  const different = [
    ...differences(content.files, files),
    ...differences(content.links, tree.links),
    ...content.directories.filter((path) => !tree.directories.includes(path)),
  ];
  if (different.length === 0) return;
  throw new EngineError(
    "BackupUnreadable",
    `${archive} does not hold what went into it: ${someOf(different)} are missing or different`,
  );
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
export async function removeTree(directory: string): Promise<void> {
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
