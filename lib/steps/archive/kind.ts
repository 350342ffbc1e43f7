import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { assertOutside, readArchiveContent, readBack, createArchive } from "../../engine/archive/archive";
import { EngineError } from "../../engine/engine-error";
import { digestOfFile, formatBytes, totalsOf } from "../../engine/files/file-manifest";
import { createPrivateFile, replaceFile, syncFile } from "../../core/replace-file";
import { describeText } from "../../manifest/text";
import type { StepKind } from "../../engine/step-kind";
import { archiveProgram, type ArchiveProgram } from "./program";

/**
 * Writes a compressed archive with a manifest, and reads it back. Archive names contain the time, and archives are
 * never overwritten. Rollback keeps them, because that is when they are needed.
 */
export const archiveKind: StepKind<ArchiveProgram> = {
  kind: "archive",
  schema: archiveProgram,
  effectless: true,

  preview: (program) => [
    `archive: ${program.sources.map(describeText).join(", ")} to ${describeText(program.directory)}`,
    "verify: every file of the archive, read back, has the sha256 of its source",
  ],

  undo: () => [],

  loss: () => undefined,

  async up(program, context) {
    const { signal } = context;
    const sources = program.sources.map((source) => resolve(context.resolve(source)));
    const directory = resolve(context.resolve(program.directory));
    assertOutside(directory, sources);
    const content = await readArchiveContent(sources, signal);
    const totals = totalsOf(content.files);
    context.progress(`archives ${totals.files} files, ${formatBytes(totals.bytes)}`);

    await mkdir(directory, { recursive: true, mode: 0o700 });
    const created = new Date();
    const archive = join(directory, `${context.stepId}-${timestamp(created)}.tar.gz`);
    await assertAbsent(archive);
    // One name for all attempts, so that the next attempt replaces what a crash left behind.
    const unfinished = join(directory, `.${context.stepId}.unfinished.tar.gz`);
    try {
      await createPrivateFile(unfinished);
      await createArchive(unfinished, content, signal);
      context.progress("reads the archive back");
      await readBack(unfinished, content, join(directory, `.${context.stepId}.scratch`), signal);
      const digest = await digestOfFile(unfinished, signal);
      const manifest = {
        archive,
        createdAt: created.toISOString(),
        sha256: digest.sha256,
        size: digest.size,
        ...content,
      };
      await syncFile(unfinished);
      await replaceFile(`${archive}.manifest.json`, `${JSON.stringify(manifest, null, 2)}\n`);
      await rename(unfinished, archive);
      return { archive, files: totals.files, bytes: totals.bytes, sha256: digest.sha256 };
    } finally {
      await rm(unfinished, { force: true });
    }
  },

  async verify(_program, context, artifact) {
    const archive = artifact?.["archive"];
    if (typeof archive !== "string") return [{ query: "archive", expected: "recorded", actual: "not recorded" }];
    const there = await stat(archive).catch(() => undefined);
    const actual = there ? (await digestOfFile(archive, context.signal)).sha256 : "missing";
    return [{ query: `sha256 of ${archive}`, expected: String(artifact?.["sha256"]), actual }];
  },

  down: async () => undefined,
};

/** UTC, sortable, and free of characters that file systems refuse: `20260131T235959Z`. */
function timestamp(time: Date): string {
  return `${time.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}

async function assertAbsent(archive: string): Promise<void> {
  if (await stat(archive).catch(() => undefined)) {
    throw new EngineError("TargetConflict", `${archive} exists already; a backup is never overwritten. Try again`);
  }
}
