import { join, resolve } from "node:path";
import { EngineError, someOf } from "../../engine/engine-error";
import { mapConcurrently } from "../../engine/files/concurrently";
import { formatBytes, type ManifestEntry, manifestOf, totalsOf } from "../../engine/files/file-manifest";
import { walkDirectory } from "../../engine/files/walk";
import { assertUploadable, compareObjects, uploadFile } from "../../engine/objects/upload";
import { Bucket, REQUESTS } from "../../engine/objects/bucket";
import { type CopyEntry, CopyManifest, planCopies, removeCopies } from "./copies";
import type { ProgramOf } from "../../manifest/program";
import type { Artifact } from "../../manifest/step-record";
import { describeText } from "../../manifest/text";
import type { StepContext, StepKind } from "../../engine/step-kind";

type FilesProgram = ProgramOf<"files">;

/**
 * Copies a directory into an S3 bucket. At least once: a copy that was stopped goes on with what is missing.
 *
 * It never overwrites an object of somebody else. Undoing it deletes the objects that it copied, unless somebody
 * changed them since. The directory is only ever read.
 */
export const filesKind: StepKind<"files"> = {
  kind: "files",
  effectless: false,

  preview: (program) => [
    `copy: all files of ${describeText(program.directory)} to s3://${describeText(program.bucket)}/${program.prefix} (symbolic links: ${program.symlinks})`,
    "verify: count, bytes and sha256 of every object",
  ],

  async up(program, context) {
    const source = await readSource(program, context, (root, files) =>
      assertUploadable(root, files, program.prefix, context.signal),
    );
    return withBucket(program, context, async (bucket) => {
      const manifest = new CopyManifest(bucket, context.stepId);
      const previous = (await manifest.read(context.signal)) ?? [];
      await removeOutdated(bucket, program.prefix, previous, source.files, context);
      const planned = await planCopies(bucket, program.prefix, source.files, previous, context.signal);
      const entries = planned.map(({ entry }) => entry);
      // Before the first object: whatever happens from here on can be undone.
      await manifest.write(entries, context.signal);
      const absent = planned.filter(({ present }) => !present).map(({ entry }) => entry);
      await copyFiles(bucket, source.root, absent, source.files.length, context);
      return { ...totalsOf(source.files), emptyDirectories: source.emptyDirectories, manifest: manifest.key };
    });
  },

  async verify(program, context, artifact) {
    return withBucket(program, context, async (bucket) => {
      const expected = await expectedFiles(program, bucket, artifact, context);
      return compareObjects(bucket, program.prefix, expected, context.signal);
    });
  },

  async down(program, context) {
    await withBucket(program, context, async (bucket) => {
      const manifest = new CopyManifest(bucket, context.stepId);
      const entries = await manifest.read(context.signal).catch(nothingWithoutBucket);
      if (entries === undefined) {
        context.progress(`nothing to undo: there is no s3://${bucket.name}/${manifest.key}`);
        return;
      }
      const kept = await removeCopies(bucket, entries, context.signal);
      if (kept.length > 0) {
        context.progress(`kept ${kept.length} objects that were changed since they were copied: ${someOf(kept)}`);
      }
      await manifest.remove(context.signal);
    });
  },
};

/** A bucket that was deleted took the copies with it. */
function nothingWithoutBucket(error: unknown): undefined {
  if (!(error instanceof EngineError) || error.code !== "TargetMissing") throw error;
}

interface Source {
  readonly root: string;
  readonly files: readonly ManifestEntry[];
  /** S3 has no directories, so these do not arrive. */
  readonly emptyDirectories: number;
}

async function readSource(
  program: FilesProgram,
  context: StepContext,
  check: (root: string, files: readonly string[]) => Promise<void> = async () => undefined,
): Promise<Source> {
  const root = resolve(context.resolve(program.directory));
  const tree = await walkDirectory(root, program.symlinks, context.signal);
  if (tree.files.length === 0) {
    throw new EngineError(
      "SourceEmpty",
      `${root} holds no files; check that its volume is mounted, or leave the step out`,
    );
  }
  if (tree.skipped.length > 0) {
    context.progress(`left out ${tree.skipped.length} symbolic links: ${someOf(tree.skipped)}`);
  }
  await check(root, tree.files);
  const files = await manifestOf(root, tree.files, context.signal);
  return { root, files, emptyDirectories: tree.emptyDirectories.length };
}

/** The directory as it is now; once it was retired, the manifest of the copy, if that is still the one of the artifact. */
async function expectedFiles(
  program: FilesProgram,
  bucket: Bucket,
  artifact: Artifact | undefined,
  context: StepContext,
): Promise<readonly ManifestEntry[]> {
  try {
    return (await readSource(program, context)).files;
  } catch (error) {
    const missing = error instanceof EngineError && error.code === "SourceMissing";
    const recorded = missing ? await new CopyManifest(bucket, context.stepId).read(context.signal) : undefined;
    if (recorded === undefined || totalsOf(recorded).sha256 !== artifact?.["sha256"]) throw error;
    context.progress("the directory is gone; compares with the manifest of the copy");
    return recorded;
  }
}

/** Takes back what an earlier, unfinished run copied from files that were edited or deleted meanwhile. */
async function removeOutdated(
  bucket: Bucket,
  prefix: string,
  previous: readonly CopyEntry[],
  files: readonly ManifestEntry[],
  context: StepContext,
): Promise<void> {
  const current = new Set(files.map(({ path, sha256 }) => `${sha256}:${prefix}${path}`));
  const outdated = previous.filter(({ key, sha256 }) => !current.has(`${sha256}:${key}`));
  await removeCopies(bucket, outdated, context.signal);
}

async function copyFiles(
  bucket: Bucket,
  root: string,
  entries: readonly CopyEntry[],
  total: number,
  context: StepContext,
): Promise<void> {
  let files = total - entries.length;
  let bytes = 0;
  let reported = Date.now();
  const report = (): void =>
    context.progress(`${files}/${total} files, ${formatBytes(bytes)} copied`, (100 * files) / total);
  await mapConcurrently(entries, REQUESTS, context.signal, async (entry, signal) => {
    await uploadFile(bucket, entry.key, join(root, entry.path), entry, signal);
    files += 1;
    bytes += entry.size;
    if (Date.now() - reported >= REPORT_EVERY) {
      reported = Date.now();
      report();
    }
  });
  report();
}

/** Milliseconds between two lines of progress. */
const REPORT_EVERY = 1000;

async function withBucket<T>(
  program: FilesProgram,
  context: StepContext,
  work: (bucket: Bucket) => Promise<T>,
): Promise<T> {
  const region = program.region === undefined ? undefined : context.resolve(program.region);
  const bucket = await Bucket.open(context.resolve(program.bucket), region);
  try {
    return await work(bucket);
  } finally {
    bucket.close();
  }
}
