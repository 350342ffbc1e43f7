import { someOf } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import { mapConcurrently } from "../../engine/files/concurrently";
import { byUtf8Bytes, formatBytes } from "../../engine/files/file-manifest";
import type { StepContext } from "../../engine/step-kind";
import type { TransferProgram } from "./program";
import type { Artifact } from "../../manifest/step-record";
import { REQUESTS } from "../../engine/objects/bucket";
import { batchesOf, objectsOf, type BatchManifest, type TransferEntry, TransferManifest } from "./batches";
import { copyObjects, planBatch } from "./copy-batch";
import type { Places } from "./open-places";
import type { PlacedObject, Place } from "./place";

/**
 * Makes the target match the source, batch by batch: copies what is missing or different, and removes what the transfer
 * copied from objects that are gone. It never touches a foreign object.
 *
 * @param skipComplete whether batches with a checkpoint are skipped; a later phase checks them again
 */
export async function synchronize(
  program: TransferProgram,
  places: Places,
  context: StepContext,
  skipComplete: boolean,
): Promise<Artifact> {
  const { signal } = context;
  const manifest = new TransferManifest(places.to, program.transfer);
  const batches = await batchesOf(places.from, program, signal);
  if (batches.length === 0) {
    throw new EngineError(
      "SourceEmpty",
      `${places.from.location} holds no objects of this transfer; check that its volume is mounted, and \`only\``,
    );
  }
  const objects = batches.reduce((sum, batch) => sum + batch.objects, 0);
  const bytes = batches.reduce((sum, batch) => sum + batch.bytes, 0);
  const progress = new TransferProgress(context, objects, bytes);
  let copied = 0;
  for (const batch of batches) {
    const previous = await manifest.readBatch(batch.name, signal);
    if (skipComplete && previous?.complete) {
      progress.found(batch.objects, batch.bytes);
      continue;
    }
    const source = await objectsOf(places.from, batch.name, program, signal);
    await assertMovable(program, places, batch.name, source, context);
    const target = await objectsOf(places.to, batch.name, program, signal);
    const plan = await planBatch(places, source, target, previous, program.onConflict, signal);
    await refuseTagged(program, places, plan.copies, signal);
    await sayKept(context, await removeCopies(places.to, plan.outdated, signal));
    // Before the first object: from here on, everything can be undone.
    await manifest.write({ batch: batch.name, complete: false, entries: plan.entries }, signal);
    const missing = new Set(plan.copies);
    const present = plan.entries.filter((entry) => !missing.has(entry));
    progress.found(present.length, bytesOf(present));
    const changed: TransferEntry[] = [];
    const onCopied = ({ size }: TransferEntry): void => progress.arrived(size);
    const onChanged = program.phase === "bulk" ? (entry: TransferEntry) => void changed.push(entry) : undefined;
    const arrived = await copyObjects(places, plan.copies, { tags: program.tags, onCopied, onChanged }, signal);
    const entries = [...present, ...arrived, ...entriesBefore(changed, previous)].sort((a, b) =>
      byUtf8Bytes(a.path, b.path),
    );
    await manifest.write({ batch: batch.name, complete: true, entries }, signal);
    if (changed.length > 0) {
      const paths = changed.map(({ path }) => path);
      context.progress(
        `${changed.length} objects changed while they were read, so the delta takes them: ${someOf(paths)}`,
      );
    }
    copied += arrived.length;
  }
  const vanished = await removeVanishedBatches(manifest, places, new Set(batches.map(({ name }) => name)), context);
  progress.report();
  return { batches: batches.length, objects, bytes, copied, removedBatches: vanished };
}

/** What an earlier run copied of objects that could not be copied again. */
function entriesBefore(changed: readonly TransferEntry[], previous: BatchManifest | undefined): TransferEntry[] {
  const paths = new Set(changed.map(({ path }) => path));
  return (previous?.entries ?? []).filter(({ path }) => paths.has(path));
}

function bytesOf(entries: readonly { readonly size: number }[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}

async function assertMovable(
  program: TransferProgram,
  { from, to }: Places,
  batch: string,
  source: readonly PlacedObject[],
  { signal }: StepContext,
): Promise<void> {
  const problems = to.problemsWith(source);
  if (problems.length > 0) {
    throw new EngineError(
      "SourceRefused",
      `${problems.length} objects of ${from.location} cannot be stored in ${to.location}: ${someOf(problems)}; rename them, or leave them out by \`except\``,
    );
  }
  if (program.versions === "leave") return;
  const old = await from.oldVersions(batch, signal);
  if (old.length === 0) return;
  throw new EngineError(
    "TransferLosesVersions",
    `${from.location} keeps old versions or deletions of ${old.length} objects, and only the current ones are copied: ` +
      `${someOf(old.sort(byUtf8Bytes))}; set versions: "leave" if the old ones may stay behind`,
  );
}

async function refuseTagged(
  { tags }: TransferProgram,
  { from }: Places,
  copies: readonly { readonly path: string }[],
  signal: AbortSignal,
): Promise<void> {
  if (tags !== "refuse") return;
  const tagged = await mapConcurrently(copies, REQUESTS, signal, async ({ path }, either) =>
    Object.keys(await from.tags(path, either)).length > 0 ? [path] : [],
  );
  const paths = tagged.flat();
  if (paths.length === 0) return;
  throw new EngineError(
    "TransferLosesTags",
    `${paths.length} objects of ${from.location} have tags: ${someOf(paths)}; set tags: "carry" (S3 to S3), or tags: "leave"`,
  );
}

/** Removes batches that no longer exist in the source. */
async function removeVanishedBatches(
  manifest: TransferManifest,
  { to }: Places,
  current: ReadonlySet<string>,
  context: StepContext,
): Promise<number> {
  let removed = 0;
  for (const record of await manifest.records(context.signal)) {
    const found = await manifest.read(record, context.signal);
    if (found === undefined || current.has(found.batch)) continue;
    await sayKept(context, await removeCopies(to, found.entries, context.signal));
    await manifest.remove(record, context.signal);
    removed += 1;
  }
  return removed;
}

async function sayKept(context: StepContext, kept: readonly string[]): Promise<void> {
  if (kept.length > 0) {
    context.progress(`kept ${kept.length} objects that somebody else wrote or changed: ${someOf(kept)}`);
  }
}

/** Undoes all copies of a transfer, including one that was killed midway. */
export async function undoTransfer(program: TransferProgram, { to }: Places, context: StepContext): Promise<void> {
  const manifest = new TransferManifest(to, program.transfer);
  const records = await manifest.records(context.signal);
  if (records.length === 0) context.progress(`nothing to undo: the transfer has no manifest in ${to.location}`);
  for (const record of records) {
    const found = await manifest.read(record, context.signal);
    if (found === undefined) continue;
    await sayKept(context, await removeCopies(to, found.entries, context.signal));
    await manifest.remove(record, context.signal);
  }
}

/**
 * Deletes only what a transfer copied: what existed before, and what was changed since, stays.
 *
 * @returns the paths of the objects that were kept because they were changed since
 */
async function removeCopies(target: Place, entries: readonly TransferEntry[], signal: AbortSignal): Promise<string[]> {
  const copied = entries.filter(({ existed }) => !existed);
  const kept = await mapConcurrently(copied, REQUESTS, signal, async ({ path, sha256, replaces }, either) => {
    const held = (await target.digest(path, either))?.sha256;
    if (held === undefined) return [];
    if (held !== sha256 && held !== replaces) return [path];
    await target.remove(path, either);
    return [];
  });
  return kept.flat();
}

const REPORT_EVERY_MILLISECONDS = 1000;

/** Reports the progress of a transfer: objects, percent of the bytes, rate of the actual copy. */
class TransferProgress {
  private readonly begun = Date.now();
  private reported = Date.now();
  private objects = 0;
  private bytes = 0;
  private copied = 0;

  constructor(
    private readonly context: StepContext,
    private readonly totalObjects: number,
    private readonly totalBytes: number,
  ) {}

  /** Objects that were already in the target. */
  found(objects: number, bytes: number): void {
    this.objects += objects;
    this.bytes += bytes;
  }

  /** An object that arrived. */
  arrived(bytes: number): void {
    this.found(1, bytes);
    this.copied += bytes;
    if (Date.now() - this.reported < REPORT_EVERY_MILLISECONDS) return;
    this.reported = Date.now();
    this.report();
  }

  report(): void {
    const seconds = Math.max(0.001, (Date.now() - this.begun) / 1000);
    const percent =
      this.totalBytes === 0 ? this.share(this.objects, this.totalObjects) : this.share(this.bytes, this.totalBytes);
    this.context.progress(
      `${this.objects}/${this.totalObjects} objects, ${formatBytes(this.copied)} copied, ${formatBytes(Math.round(this.copied / seconds))}/s`,
      percent,
    );
  }

  /** Objects that appear while the transfer runs are not in the total. */
  private share(part: number, total: number): number {
    return total === 0 ? 100 : Math.min(100, (100 * part) / total);
  }
}
