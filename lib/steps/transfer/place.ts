import type { Readable } from "node:stream";
import type { FileDigest } from "../../engine/files/file-manifest";
import { LONGEST_KEY } from "../../engine/objects/upload";

/** An object as a listing of its place shows it. */
export interface PlacedObject {
  /** Relative to the place, with `/` between names. */
  readonly path: string;

  /** In bytes. */
  readonly size: number;

  /**
   * The store's own checksum, or another text that no two contents under one key share. A directory has none: a file of
   * the same size can be older than the one that it differs from.
   */
  readonly tag?: string | undefined;
}

/** What an object is, besides its content. A directory keeps nothing of it. */
export interface ObjectAttributes {
  readonly contentType?: string | undefined;
  readonly cacheControl?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly contentLanguage?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** The content of an object that is about to be read. */
export interface OpenedObject {
  readonly content: Readable;
  readonly attributes: ObjectAttributes;
}

/**
 * Where objects are kept. Keys that Sterna keeps for itself are in no listing; they are reached as records.
 *
 * Every operation throws an EngineError `TargetMissing` or `SourceMissing` when the place itself does not exist, and the
 * signal's reason when aborted.
 */
export interface Place {
  /** For messages: `s3://bucket/prefix/`, or a path. */
  readonly location: string;

  /** All objects whose path begins with `under`, which is empty or ends with a slash. */
  list(under: string, signal: AbortSignal): Promise<PlacedObject[]>;

  /** What identifies the content of an object; nothing when there is no such object. */
  digest(path: string, signal: AbortSignal): Promise<FileDigest | undefined>;

  /** Nothing when there is no such object. */
  open(path: string, signal: AbortSignal): Promise<OpenedObject | undefined>;

  /**
   * Stores an object whole or not at all: a content that fails on its way, or that has not the size announced, leaves
   * nothing behind.
   *
   * @param size in bytes
   * @returns the tag of the object
   */
  store(
    path: string,
    content: AsyncIterable<Buffer>,
    size: number,
    attributes: ObjectAttributes,
    signal: AbortSignal,
  ): Promise<string | undefined>;

  remove(path: string, signal: AbortSignal): Promise<void>;

  /** Why each of these objects cannot be stored here: `"name" (reason)`. */
  problemsWith(objects: readonly PlacedObject[]): string[];

  /** Tags of an object; nothing where the store has no tags. */
  tags(path: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;

  /** Paths of which old versions or delete markers are kept under a prefix; nothing where the store keeps none. */
  oldVersions(under: string, signal: AbortSignal): Promise<string[]>;

  /** The text of a record. */
  readRecord(name: string, signal: AbortSignal): Promise<string | undefined>;
  writeRecord(name: string, text: string, signal: AbortSignal): Promise<void>;
  removeRecord(name: string, signal: AbortSignal): Promise<void>;

  /** Names of the records that begin with `under`. */
  listRecords(under: string, signal: AbortSignal): Promise<string[]>;

  /** Releases connections, and removes what is not whole. */
  close(): Promise<void>;
}

/** Why objects cannot be stored in a bucket: `"path" (reason)`. S3 and Cloud Storage have the same longest key. */
export function bucketKeyProblems(objects: readonly PlacedObject[], prefix: string, largest: number): string[] {
  return objects.flatMap(({ path, size }) => {
    const problem =
      Buffer.byteLength(prefix + path) > LONGEST_KEY
        ? `its key has more than ${LONGEST_KEY} bytes`
        : size > largest
          ? `${size} bytes, more than the ${largest} that the store takes`
          : undefined;
    return problem === undefined ? [] : [`${JSON.stringify(path)} (${problem})`];
  });
}

/** Cuts a content into pieces of one size; the last one may be shorter, and an empty content gives none. */
export async function* inParts(content: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let held = 0;
  for await (const chunk of content) {
    let rest = chunk;
    while (held + rest.length >= size) {
      const end = size - held;
      yield Buffer.concat([...chunks, rest.subarray(0, end)]);
      rest = rest.subarray(end);
      chunks = [];
      held = 0;
    }
    if (rest.length > 0) chunks.push(rest);
    held += rest.length;
  }
  if (held > 0) yield Buffer.concat(chunks);
}

/** A content that fits into memory. */
export async function whole(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
