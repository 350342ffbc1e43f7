import { z } from "zod";
import { EngineError } from "../engine-error";
import { manifestEntry } from "../files/manifest";
import { sha256 } from "../checksum";
import type { Bucket } from "./bucket";

/** One object that a step is about to copy, or copied. */
export const copyEntry = manifestEntry.extend({
  key: z.string().min(1),
  /** Whether the same object was there before the step: undoing the step must leave it. */
  existed: z.boolean(),
});
export type CopyEntry = z.infer<typeof copyEntry>;

/**
 * What a step copies into a bucket: an object in the same bucket, one JSON document a line.
 *
 * It is written before the first file, so that a copy that was stopped half-way can be undone as well.
 */
export class CopyManifest {
  readonly key: string;

  constructor(
    private readonly bucket: Bucket,
    stepId: string,
  ) {
    this.key = `${RESERVED_PREFIX}${stepId}/manifest.jsonl`;
  }

  /** Nothing when the step never came to copying, or was undone. */
  async read(signal: AbortSignal): Promise<CopyEntry[] | undefined> {
    const lines = (await this.bucket.text(this.key, signal))?.split("\n").filter((line) => line !== "");
    try {
      return lines?.map((line) => copyEntry.parse(JSON.parse(line)));
    } catch (cause) {
      throw new EngineError(
        "TargetConflict",
        `s3://${this.bucket.name}/${this.key} is not a manifest of this step; restore its previous version`,
        { cause },
      );
    }
  }

  async write(entries: readonly CopyEntry[], signal: AbortSignal): Promise<void> {
    const body = Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    await this.bucket.put(this.key, body, body.length, sha256(body), signal);
  }

  async remove(signal: AbortSignal): Promise<void> {
    await this.bucket.remove(this.key, signal);
  }
}

/** Keys that Sterna keeps for itself in every bucket that a step copies to. */
export const RESERVED_PREFIX = ".sterna/";
