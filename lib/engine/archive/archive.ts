import { execa } from "execa";
import { lstat, readlink, chmod, mkdir, readdir, rm } from "node:fs/promises";
import { relative, resolve, join } from "node:path";
import { z } from "zod";
import { canonicalJson } from "../../manifest/checksum";
import { someOf } from "../../core/text";
import { EngineError } from "../engine-error";
import { rejectAborted } from "../files/concurrently";
import { byUtf8Bytes, manifestEntry, manifestOf } from "../files/file-manifest";
import { walkDirectory } from "../files/walk";

/**
 * What goes into an archive. All paths are absolute without their first slash, so that sources with equal names do not
 * meet, and `tar -xpf ARCHIVE -C /` puts everything back.
 */
export const archiveContent = z.object({
  files: z.array(manifestEntry),
  directories: z.array(z.string()),
  links: z.array(z.object({ path: z.string(), target: z.string() })),
});
export type ArchiveContent = z.infer<typeof archiveContent>;

/**
 * Reads the sources of an archive. Links are archived as links.
 *
 * @param sources absolute paths
 * @throws EngineError `SourceMissing`, `SourceRefused` (sockets, FIFOs, names that are not UTF-8), `SourceEmpty`
 */
export async function readArchiveContent(sources: readonly string[], signal: AbortSignal): Promise<ArchiveContent> {
  const files = new Set<string>();
  const directories = new Set<string>();
  const links = new Map<string, string>();
  for (const source of sources) {
    const name = relative("/", source);
    const found = await lstat(source).catch(() => undefined);
    if (found === undefined) throw new EngineError("SourceMissing", `there is no ${source} to archive`);
    if (found.isSymbolicLink()) {
      links.set(name, await readlink(source));
    } else if (found.isFile()) {
      files.add(name);
    } else if (found.isDirectory()) {
      const tree = await walkDirectory(source, "keep", signal);
      directories.add(name);
      for (const path of tree.directories) directories.add(`${name}/${path}`);
      for (const path of tree.files) files.add(`${name}/${path}`);
      for (const { path, target } of tree.links) links.set(`${name}/${path}`, target);
    } else {
      throw new EngineError("SourceRefused", `${source} is neither a file nor a directory`);
    }
  }
  if (files.size === 0) {
    throw new EngineError("SourceEmpty", `${sources.join(", ")}: no file to archive; check that the volume is mounted`);
  }
  return {
    files: await manifestOf("/", [...files].sort(byUtf8Bytes), signal),
    directories: [...directories].sort(byUtf8Bytes),
    links: [...links].map(([path, target]) => ({ path, target })).sort((a, b) => byUtf8Bytes(a.path, b.path)),
  };
}

/** @throws EngineError `InvalidProgram` when the archive would be written into what it archives */
export function assertOutside(directory: string, sources: readonly string[]): void {
  const around = sources.find((source) => !relative(resolve(source), directory).startsWith(".."));
  if (around !== undefined) {
    throw new EngineError(
      "InvalidProgram",
      `the directory of the archive, ${directory}, is inside ${around}, which is archived; write it elsewhere`,
    );
  }
}

/**
 * Writes a compressed archive of exactly this content.
 *
 * @throws EngineError `SourceChanged` when a file changed meanwhile, `StepFailed` when tar failed otherwise
 */
export async function createArchive(path: string, content: ArchiveContent, signal: AbortSignal): Promise<void> {
  const names = [
    ...content.directories,
    ...content.files.map((file) => file.path),
    ...content.links.map((link) => link.path),
  ];
  // Names from the standard input, with NUL between them, are never read as options, patterns or several names.
  const list = ["--directory=/", "--no-recursion", "--null", "--files-from=-"];
  // pax keeps names of any length and encoding, and sizes beyond 8 GB.
  await tar(
    ["--create", "--gzip", "--format=pax", `--file=${path}`, ...list],
    names.map((name) => `${name}\0`).join(""),
    signal,
  );
}

/** Extracts an archive into an existing directory. */
async function extractArchive(path: string, directory: string, signal: AbortSignal): Promise<void> {
  await tar(["--extract", "--gzip", `--file=${path}`, `--directory=${directory}`], "", signal);
}

async function tar(options: readonly string[], input: string, signal: AbortSignal): Promise<void> {
  const { exitCode, stderr, originalMessage } = await rejectAborted(signal, async () => {
    const result = await execa("tar", options, {
      input,
      stdout: "ignore",
      reject: false,
      cancelSignal: signal,
      // Nothing else: TAR_OPTIONS and GZIP change what tar does, and secrets are none of its business.
      env: { PATH: process.env["PATH"], LC_ALL: "C" },
      extendEnv: false,
    });
    signal.throwIfAborted();
    return result;
  });
  if (exitCode === 0) return;
  // GNU tar: 1 means that some files changed while they were read (manual, "Return codes").
  throw new EngineError(
    exitCode === 1 ? "SourceChanged" : "StepFailed",
    exitCode === undefined
      ? `tar cannot be started (${originalMessage}); install it`
      : `tar ended with status ${exitCode}: ${stderr.slice(-LONGEST_MESSAGE)}`,
  );
}

const LONGEST_MESSAGE = 2000;

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
