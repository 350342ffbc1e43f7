import { z } from "zod";
import { keyPrefix } from "../../manifest/program";
import { text } from "../../manifest/text";
import { commandProgram } from "../command/program";
import { envProgram } from "../env-file/program";
import { httpProgram } from "../http/program";

/** Where objects are: a directory, an Amazon S3 bucket or a Google Cloud Storage bucket. */
export const transferPlace = z.discriminatedUnion("store", [
  z.strictObject({ store: z.literal("directory"), path: text }),
  z.strictObject({
    store: z.literal("s3"),
    bucket: text,
    region: text.optional(),
    prefix: keyPrefix.default(""),
  }),
  z.strictObject({ store: z.literal("gcs"), bucket: text, prefix: keyPrefix.default("") }),
]);
export type TransferPlace = z.infer<typeof transferPlace>;

/**
 * Actions of a cutover besides copying: they stop writers, point readers to the target, and check them. Each can be
 * undone.
 */
export const cutoverAction = z.discriminatedUnion("kind", [commandProgram, envProgram, httpProgram]);
export type CutoverAction = z.infer<typeof cutoverAction>;

/** One phase of moving objects from one store to another. Its phases share a manifest under the transfer's name. */
export const transferProgram = z.strictObject({
  kind: z.literal("transfer"),
  transfer: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  phase: z.enum(["bulk", "delta", "cutover", "retire"]),
  from: transferPlace,
  to: transferPlace,
  /** Prefixes of the paths that are moved. If empty, all are. */
  only: z.array(keyPrefix.min(1)).default([]),
  /** Prefixes of the paths that are not moved. */
  except: z.array(keyPrefix.min(1)).default([]),
  /**
   * Number of leading names in a path that identify a batch, which has its own checkpoint: 1 for a folder per project.
   */
  batchDepth: z.number().int().min(0).max(8).default(0),
  /** Who makes the first copy: the engine, or a managed service, which needs no manifest. */
  bulk: z.enum(["engine", "managed"]).default("engine"),
  symlinks: z.enum(["refuse", "skip", "follow"]).default("refuse"),
  tags: z.enum(["refuse", "leave", "carry"]).default("refuse"),
  versions: z.enum(["refuse", "leave"]).default("refuse"),
  /** How to handle a foreign object in the target with different content. */
  onConflict: z.enum(["refuse", "replace"]).default("refuse"),
  /** Stops writes to the source, in `cutover`, before the last changes are copied. */
  freeze: z.array(cutoverAction).default([]),
  /** Points the application to the target, in `cutover`, once both stores are proved equal. */
  switch: z.array(cutoverAction).default([]),
});
export type TransferProgram = z.infer<typeof transferProgram>;
