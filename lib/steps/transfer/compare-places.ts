import type { CheckResult } from "../../manifest/step-checks";
import { sha256 } from "../../manifest/checksum";
import { byUtf8Bytes, type ManifestEntry, totalsOf } from "../../engine/files/file-manifest";
import { mapConcurrently } from "../../engine/files/concurrently";
import { REQUESTS } from "../../engine/objects/bucket";
import type { TransferProgram } from "./program";
import { someOf } from "../../core/text";
import type { Places } from "./open-places";
import { heldContent } from "./copy-batch";
import { batchesOf, objectsOf, type BatchManifest, TransferManifest } from "./batches";

/** One side of a comparison, batch by batch. */
class Side {
  objects = 0;
  bytes = 0;
  private readonly digests: string[] = [];

  add(entries: readonly ManifestEntry[]): void {
    const totals = totalsOf(entries);
    this.objects += totals.files;
    this.bytes += totals.bytes;
    this.digests.push(totals.sha256);
  }

  get sha256(): string {
    return this.digests.length === 1 ? (this.digests[0] as string) : sha256(this.digests.join("\n"));
  }
}

/**
 * Compares the target with its expected content, object by object: by the store's own checksum if it is still the one
 * from the upload, otherwise by reading the object.
 *
 * @param against `source`: the current content of the source; `manifest`: what the transfer copied, whatever happened
 * to the source since
 */
export async function comparePlaces(
  program: TransferProgram,
  places: Places,
  against: "source" | "manifest",
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const manifest = new TransferManifest(places.to, program.transfer);
  const [right, is] = [new Side(), new Side()];
  const different: string[] = [];
  for await (const batch of expectedBatches(program, places, manifest, against, signal)) {
    const actual = await held(program, places, batch, signal);
    right.add(batch.entries);
    is.add(actual);
    const found = new Map(actual.map((entry) => [entry.path, entry.sha256]));
    different.push(...batch.entries.filter((entry) => found.get(entry.path) !== entry.sha256).map(({ path }) => path));
  }
  const { location } = places.to;
  return [
    { query: `objects in ${location}`, expected: String(right.objects), actual: String(is.objects) },
    { query: `bytes in ${location}`, expected: String(right.bytes), actual: String(is.bytes) },
    { query: `sha256 over ${location}`, expected: right.sha256, actual: is.sha256 },
    {
      query: `missing or different objects in ${location}`,
      expected: "none",
      actual: different.length === 0 ? "none" : someOf(different.sort(byUtf8Bytes)),
    },
  ];
}

async function* expectedBatches(
  program: TransferProgram,
  { from }: Places,
  manifest: TransferManifest,
  against: "source" | "manifest",
  signal: AbortSignal,
): AsyncGenerator<BatchManifest> {
  if (against === "manifest") {
    for (const record of await manifest.records(signal)) {
      const batch = await manifest.read(record, signal);
      if (batch !== undefined) yield batch;
    }
    return;
  }
  for (const { name } of await batchesOf(from, program, signal)) {
    const recorded = await manifest.readBatch(name, signal);
    const known = new Map((recorded?.entries ?? []).map((entry) => [entry.path, entry]));
    const objects = await objectsOf(from, name, program, signal);
    const entries = await mapConcurrently(objects, REQUESTS, signal, async ({ path, tag }, either) => {
      const prior = known.get(path);
      if (prior !== undefined && tag !== undefined && tag === prior.sourceTag) return [prior];
      const digest = await from.digest(path, either);
      return digest === undefined ? [] : [{ existed: true, ...prior, path, ...digest, prior }];
    });
    yield { batch: name, complete: true, entries: entries.flat() };
  }
}

/** The expected objects that the target holds. Other objects in the same place are ignored. */
async function held(
  program: TransferProgram,
  places: Places,
  { batch, entries }: BatchManifest,
  signal: AbortSignal,
): Promise<ManifestEntry[]> {
  const there = new Map((await objectsOf(places.to, batch, program, signal)).map((object) => [object.path, object]));
  const recorded = await new TransferManifest(places.to, program.transfer).readBatch(batch, signal);
  const known = new Map((recorded?.entries ?? []).map((entry) => [entry.path, entry]));
  const found = await mapConcurrently(entries, REQUESTS, signal, async ({ path }, either): Promise<ManifestEntry[]> => {
    const object = there.get(path);
    if (object === undefined) return [];
    const digest = await heldContent(places, object, known.get(path), either);
    return digest === undefined ? [] : [{ path, size: object.size, sha256: digest }];
  });
  return found.flat();
}
