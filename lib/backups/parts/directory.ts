import { mkdir, readFile, rename, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import {
  type ArchiveContent,
  archiveContent,
  readArchiveContent,
  extractAndCompare,
  readBack,
  removeTree,
  createArchive,
} from "../../engine/archive/archive";
import { EngineError } from "../../engine/engine-error";
import { formatBytes, totalsOf } from "../../engine/files/file-manifest";
import { walkDirectory } from "../../engine/files/walk";
import { createPrivateFile, replaceFile } from "../../core/replace-file";
import type { CheckResult } from "../../manifest/step-checks";
import { assertStillRestored, compareCounts, type PartContext, type PartKind, type Restored } from "./part-kind";

/** A directory, as an archive with the digest of every file. */
export const directoryPart: PartKind<"directory"> = {
  restorePrograms: ["tar"],

  async size(part, { signal }) {
    const found = await stat(part.path).catch(() => undefined);
    // What is missing is reported when it is archived; a single file can be archived too.
    const files = found?.isDirectory() ? (await walkDirectory(part.path, "keep", signal)).files : [""];
    let bytes = 0;
    for (const file of files) {
      // Others may delete files meanwhile.
      bytes += (await stat(join(part.path, file)).catch(() => undefined))?.size ?? 0;
    }
    // The archive is read back by extracting it.
    return { stored: bytes, readBack: bytes };
  },

  async backUp(part, context) {
    const content = await readArchiveContent([part.path], context.signal);
    const totals = totalsOf(content.files);
    context.progress(`${part.id}: archives ${totals.files} files, ${formatBytes(totals.bytes)}`);
    const archive = archiveFile(part.id, context);
    await createPrivateFile(archive);
    await createArchive(archive, content, context.signal);
    context.progress(`${part.id}: reads the archive back`);
    await readBack(archive, content, scratchOf(part.id, context), context.signal);
    await replaceFile(contentFile(part.id, context), JSON.stringify(content));
    return {
      counts: { files: totals.files, bytes: totals.bytes },
      digests: { files: totals.sha256 },
      versions: {},
      settings: { path: part.path },
    };
  },

  async check(part, _record, context) {
    const content = await readContent(part.id, context);
    await readBack(archiveFile(part.id, context), content, scratchOf(part.id, context), context.signal);
  },

  async drill(part, record, context) {
    const content = await readContent(part.id, context);
    const totals = totalsOf(content.files);
    await readBack(archiveFile(part.id, context), content, scratchOf(part.id, context), context.signal);
    const expected = [record.counts["files"], record.counts["bytes"], record.digests["files"]];
    return [totals.files, totals.bytes, totals.sha256].map((actual, index) => ({
      query: `${part.id}: ${["files", "bytes", "sha256 over all files"][index]}`,
      expected: String(expected[index]),
      actual: String(actual),
    }));
  },

  async restore(part, record, context) {
    const content = await readContent(part.id, context);
    const source = record.settings["path"] ?? part.path;
    // In the same parent as the live one: a rename is only atomic within one file system.
    const scratch = `${part.path}.new-${context.backupId}`;
    const kept = keptPath(part.path, context);
    await assertFree(kept);
    await mkdir(join(part.path, ".."), { recursive: true });
    try {
      context.progress(`${part.id}: restores beside ${part.path}`);
      await extractAndCompare(archiveFile(part.id, context), content, scratch, context.signal);
      const there = await exists(part.path);
      if (there) await rename(part.path, kept);
      try {
        await rename(join(scratch, relative("/", source)), part.path);
      } catch (error) {
        if (there) await rename(kept, part.path);
        throw error;
      }
      return { part: part.id, place: part.path, ...(there && { kept }) };
    } finally {
      await removeTree(scratch);
    }
  },

  async resume(part, record, context) {
    return resumeSwap(part, context, async () => {
      const { files } = await readArchiveContent([part.path], context.signal);
      // The paths in the record begin with the source, which may have been another one.
      const [here, source] = [part.path, record.settings["path"] ?? part.path].map((path) => relative("/", path));
      const totals = totalsOf(files.map((file) => ({ ...file, path: source + file.path.slice(here!.length) })));
      const { files: count, bytes, sha256 } = totals;
      return compareCounts(part.id, record, { counts: { files: count, bytes }, digests: { files: sha256 } });
    });
  },

  async confirm(part, context) {
    const kept = keptPath(part.path, context);
    if (!(await exists(kept))) return [];
    await removeTree(kept);
    return [kept];
  },
};

/** Where a restore keeps what it replaced. */
export function keptPath(path: string, { backupId }: Pick<PartContext, "backupId">): string {
  return `${path}.before-${backupId}`;
}

/**
 * Continues a restore that replaces a path by renaming: between the two renames, the path is missing.
 *
 * @param compare compares what is at the path with the backup
 * @throws EngineError `TargetConflict` if it differs
 */
export async function resumeSwap(
  { id, path }: { readonly id: string; readonly path: string },
  context: PartContext,
  compare: () => Promise<CheckResult[]>,
): Promise<Restored | undefined> {
  const kept = keptPath(path, context);
  if (!(await exists(kept))) return undefined;
  if (await exists(path)) {
    assertStillRestored(path, kept, await compare());
    return { part: id, place: path, kept };
  }
  await rename(kept, path);
  return undefined;
}

/** @throws EngineError `TargetConflict` when a restore of this backup has not been confirmed yet */
export async function assertFree(kept: string): Promise<void> {
  if (!(await exists(kept))) return;
  throw new EngineError(
    "TargetConflict",
    `${kept} is kept by an earlier restore of this backup; confirm that one first`,
  );
}

/** Whether there is anything at a path. */
export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function archiveFile(part: string, { folder }: PartContext): string {
  return join(folder, `${part}.tar.gz`);
}

function contentFile(part: string, { folder }: PartContext): string {
  return join(folder, `${part}.content.json`);
}

function scratchOf(part: string, { scratch }: PartContext): string {
  return join(scratch, part);
}

async function readContent(part: string, context: PartContext): Promise<ArchiveContent> {
  const file = contentFile(part, context);
  try {
    return archiveContent.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new EngineError("BackupUnreadable", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
