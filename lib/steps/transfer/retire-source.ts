import { someOf } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import { byUtf8Bytes } from "../../engine/files/file-manifest";
import { mapConcurrently } from "../../engine/files/concurrently";
import type { StepContext } from "../../engine/step-kind";
import { REQUESTS } from "../../engine/objects/bucket";
import type { TransferProgram } from "./program";
import type { Artifact } from "../../manifest/step-record";
import { copyObjects } from "./copy-batch";
import { CutoverRecord } from "./cutover";
import type { Places } from "./open-places";
import { batchesOf, inScope, objectsOf, type BatchManifest, type TransferEntry, TransferManifest } from "./batches";

/**
 * Deletes the objects of the source whose content in the target is the same, read again right before. Every other
 * object stays.
 *
 * @throws EngineError `TransferNotCutover` before the cutover; `SourceStillWritten` when the source holds something
 * that the cutover did not verify. Nothing is deleted then
 */
export async function retireSource(program: TransferProgram, places: Places, context: StepContext): Promise<Artifact> {
  const { signal } = context;
  const cutover = await new CutoverRecord(places.to, program.transfer).read(signal);
  if (cutover?.completedAt === undefined) {
    throw new EngineError(
      "TransferNotCutover",
      `the transfer ${program.transfer} was not cut over to ${places.to.location} yet, so nothing of ${places.from.location} may be deleted`,
    );
  }
  await refuseWritten(program, places, signal);
  const manifest = new TransferManifest(places.to, program.transfer);
  let deleted = 0;
  const kept: string[] = [];
  for (const record of await manifest.records(signal)) {
    const batch = await manifest.read(record, signal);
    if (batch === undefined) continue;
    const results = await mapConcurrently(batch.entries, REQUESTS, signal, (entry, either) =>
      deleteVerified(places, entry, either),
    );
    deleted += results.filter((result) => result === "deleted").length;
    kept.push(...batch.entries.filter((_entry, index) => results[index] === "kept").map(({ path }) => path));
    context.progress(`deleted ${deleted} verified objects of ${places.from.location}`);
  }
  if (kept.length > 0) {
    context.progress(
      `kept ${kept.length} objects of ${places.from.location} that the target no longer holds as they were: ${someOf(kept)}`,
    );
  }
  return { deleted, kept: kept.length };
}

/** Paths in the source that are verified in the target, and therefore should have been deleted. */
export async function verifiedLeftovers(
  program: TransferProgram,
  places: Places,
  signal: AbortSignal,
): Promise<string[]> {
  const left: string[] = [];
  for await (const { entries } of batches(program, places, signal)) {
    const states = await mapConcurrently(entries, REQUESTS, signal, async (entry, either) => {
      return (await isVerified(places, entry, either)) ? [entry.path] : [];
    });
    left.push(...states.flat());
  }
  return left.sort(byUtf8Bytes);
}

/** Restores deleted objects to the source, with the current content of the target, since that is the newest. */
export async function restoreSource(program: TransferProgram, places: Places, context: StepContext): Promise<void> {
  const { signal } = context;
  const back: Places = { from: places.to, to: places.from };
  const lost: string[] = [];
  for await (const { entries } of batches(program, places, signal)) {
    const found = await mapConcurrently(entries, REQUESTS, signal, async (entry, either): Promise<TransferEntry[]> => {
      if ((await places.from.digest(entry.path, either)) !== undefined) return [];
      const digest = await places.to.digest(entry.path, either);
      if (digest === undefined) lost.push(entry.path);
      return digest === undefined ? [] : [{ ...entry, ...digest }];
    });
    await copyObjects(back, found.flat(), { tags: program.tags, onCopied: () => undefined }, signal);
  }
  if (lost.length > 0) {
    context.progress(`the target no longer holds ${lost.length} objects, which stay deleted: ${someOf(lost)}`);
  }
}

async function* batches(program: TransferProgram, { to }: Places, signal: AbortSignal): AsyncGenerator<BatchManifest> {
  const manifest = new TransferManifest(to, program.transfer);
  for (const record of await manifest.records(signal)) {
    const batch = await manifest.read(record, signal);
    if (batch !== undefined) yield batch;
  }
}

async function deleteVerified(places: Places, entry: TransferEntry, signal: AbortSignal) {
  if (await isVerified(places, entry, signal)) {
    await places.from.remove(entry.path, signal);
    return "deleted";
  }
  return (await places.from.digest(entry.path, signal)) === undefined ? "gone" : "kept";
}

async function isVerified(
  { from, to }: Places,
  { path, sha256 }: TransferEntry,
  signal: AbortSignal,
): Promise<boolean> {
  return (await from.digest(path, signal))?.sha256 === sha256 && (await to.digest(path, signal))?.sha256 === sha256;
}

/** A process that still writes to the source would lose data. */
async function refuseWritten(program: TransferProgram, places: Places, signal: AbortSignal): Promise<void> {
  const manifest = new TransferManifest(places.to, program.transfer);
  const written: string[] = [];
  for (const { name } of await batchesOf(places.from, program, signal)) {
    const known = new Map((await manifest.readBatch(name, signal))?.entries.map((entry) => [entry.path, entry]));
    const objects = await objectsOf(places.from, name, program, signal);
    const changed = await mapConcurrently(objects, REQUESTS, signal, async ({ path, tag }, either) => {
      const entry = known.get(path);
      if (entry !== undefined && tag !== undefined && tag === entry.sourceTag) return [];
      return (await places.from.digest(path, either))?.sha256 === entry?.sha256 ? [] : [path];
    });
    written.push(...changed.flat().filter((path) => inScope(path, program)));
  }
  if (written.length === 0) return;
  throw new EngineError(
    "SourceStillWritten",
    `${written.length} objects of ${places.from.location} were written after the cutover: ${someOf(written.sort(byUtf8Bytes))}; ` +
      "nothing was deleted. Stop who writes there, and bring the objects over",
  );
}
