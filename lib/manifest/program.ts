import { z } from "zod";
import { text } from "./text";

/** A question with the answer that proves success. Never an exit status alone: fourteen common commands exit 0 on failure. */
export const check = z.strictObject({
  /** SQL for `sql`, a script for `command`, a JSON pointer for `http`. */
  query: z.string().min(1),
  /** The exact answer: the single value as text, or the rows as JSON. */
  expected: z.string(),
});
export type Check = z.infer<typeof check>;

const checks = z.array(check);

/** SQL statements against a PostgreSQL database. */
export const sqlProgram = z.strictObject({
  kind: z.literal("sql"),
  database: text,
  /** `false` for statements that PostgreSQL refuses inside a transaction, such as `CREATE INDEX CONCURRENTLY`. */
  transaction: z.boolean().default(true),
  /** Seconds that a statement of `up` or `down` waits for a lock; 0 waits without limit. */
  lockTimeout: z.number().min(0).max(2_147_483).optional(),
  up: z.string().min(1),
  down: z.string().min(1).optional(),
  verify: checks.min(1),
  probe: check.optional(),
});

/** A script, run by an interpreter from a private temporary file, with an empty standard input. */
export const commandProgram = z.strictObject({
  kind: z.literal("command"),
  interpreter: z.array(z.string().min(1)).min(1).default(["bash", "-euo", "pipefail"]),
  directory: text.optional(),
  environment: z.record(z.string(), text).default({}),
  up: z.string().min(1),
  down: z.string().min(1).optional(),
  verify: checks.min(1),
  probe: check.optional(),
});

/** JSON documents of a directory into the rows of a PostgreSQL table, one document a row, byte for byte. */
export const documentsProgram = z.strictObject({
  kind: z.literal("documents"),
  directory: text,
  /** Ending of the file names that are documents. Hidden files count too. */
  suffix: z.string().default(".json"),
  database: text,
  /** Table with the columns `key text primary key`, `document json`, `sha256 text`, `path text`, `imported_by text`. */
  table: z.string().regex(/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/),
  /** Top-level field of a document that names its row. */
  key: z.string().min(1),
});

/** Files of a directory into a bucket, verified by a manifest of sha256. The directory is never changed. */
export const filesProgram = z.strictObject({
  kind: z.literal("files"),
  directory: text,
  bucket: text,
  region: text.optional(),
  /** Prefix of the keys, without a slash at its beginning; empty or ending with a slash. */
  prefix: z
    .string()
    .regex(/^$|^[^/].*\/$/)
    .default(""),
  symlinks: z.enum(["refuse", "skip", "follow"]).default("refuse"),
});

/** One dotenv file into another: variables renamed, set, removed; the rest is kept. Nothing is ever executed. */
export const envProgram = z.strictObject({
  kind: z.literal("env"),
  from: text,
  to: text,
  rename: z.record(z.string(), z.string()).default({}),
  set: z.record(z.string(), text).default({}),
  remove: z.array(z.string()).default([]),
  required: z.array(z.string()).default([]),
});

/** Asks a URL and compares the answer. Changes nothing. */
export const httpProgram = z.strictObject({
  kind: z.literal("http"),
  url: text,
  status: z.number().int().min(100).max(599).default(200),
  /** JSON pointers into the answer (RFC 6901). */
  verify: checks,
  attempts: z.number().int().min(1).max(1000).default(10),
  /** Seconds between two attempts. */
  interval: z.number().positive().default(3),
});

/** A compressed archive of files and directories with a manifest, read back after it was written. */
export const archiveProgram = z.strictObject({
  kind: z.literal("archive"),
  /** Files and directories, each existing and absolute or relative to the working directory. */
  sources: z.array(text).min(1),
  /** Directory that receives the archive. */
  directory: text,
});

/** Beginning of keys: empty, or without a slash at its beginning and with one at its end. */
const keyPrefix = z.string().regex(/^$|^[^/].*\/$/);

/** Where objects are: a directory, a bucket of Amazon S3 or one of Google Cloud Storage. */
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

/** What a cutover does besides copying: stops writers, points readers elsewhere, asks them. Each can be undone. */
export const cutoverAction = z.discriminatedUnion("kind", [commandProgram, envProgram, httpProgram]);
export type CutoverAction = z.infer<typeof cutoverAction>;

/** One phase of moving objects from one store to another. Its phases share a manifest under the transfer's name. */
export const transferProgram = z.strictObject({
  kind: z.literal("transfer"),
  transfer: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
  phase: z.enum(["bulk", "delta", "cutover", "retire"]),
  from: transferPlace,
  to: transferPlace,
  /** Prefixes of the paths that are moved; none moves all. */
  only: z.array(keyPrefix.min(1)).default([]),
  /** Prefixes of the paths that are not moved. */
  except: z.array(keyPrefix.min(1)).default([]),
  /** How many leading names of a path make a batch, which has a checkpoint of its own: 1 for a folder per project. */
  batchDepth: z.number().int().min(0).max(8).default(0),
  /** Who copies first: the engine, or a managed service that needs no manifest. */
  bulk: z.enum(["engine", "managed"]).default("engine"),
  symlinks: z.enum(["refuse", "skip", "follow"]).default("refuse"),
  tags: z.enum(["refuse", "leave", "carry"]).default("refuse"),
  versions: z.enum(["refuse", "leave"]).default("refuse"),
  /** What is done about an object of somebody else that is in the way with other content. */
  onConflict: z.enum(["refuse", "replace"]).default("refuse"),
  /** Stops what writes to the source, in `cutover`, before the last changes are copied. */
  freeze: z.array(cutoverAction).default([]),
  /** Points the application to the target, in `cutover`, once both stores are proved equal. */
  switch: z.array(cutoverAction).default([]),
});

/**
 * What a step does: the one document in which the constructs and the engine meet.
 *
 * It holds everything that `up`, `down`, `verify` and `probe` need, so that a step can be rolled back long after its
 * construct was deleted.
 */
export const program = z.discriminatedUnion("kind", [
  sqlProgram,
  commandProgram,
  documentsProgram,
  filesProgram,
  envProgram,
  httpProgram,
  archiveProgram,
  transferProgram,
]);

export type Program = z.infer<typeof program>;
export type ProgramInput = z.input<typeof program>;
export type ProgramKind = Program["kind"];
export type ProgramOf<K extends ProgramKind> = Extract<Program, { kind: K }>;
