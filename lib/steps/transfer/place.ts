import type { Readable } from "node:stream";
import type { FileDigest } from "../../engine/files/file-manifest";
import { LONGEST_KEY } from "../../engine/objects/upload";

/** An object in a listing. */
export interface PlacedObject {
  /** Relative to the place, with `/` as separator. */
  readonly path: string;

  /** In bytes. */
  readonly size: number;

  /**
   * The store's own checksum, or another text that differs between any two contents of one key. A directory has none: a
   * file of the same size can be older than the one that it differs from.
   */
  readonly tag?: string | undefined;
}

/** Metadata of an object. A directory stores none of it. */
export interface ObjectAttributes {
  readonly contentType?: string | undefined;
  readonly cacheControl?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly contentLanguage?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** An object opened for reading. */
export interface OpenedObject {
  readonly content: Readable;
  readonly attributes: ObjectAttributes;
}

/**
 * Where objects are stored. Sterna's own keys are not listed; they are accessed as records.
 *
 * Every operation throws an EngineError `TargetMissing` or `SourceMissing` when the place itself does not exist, and
 * the signal's reason when aborted.
 */
export interface Place {
  /** For messages: `s3://bucket/prefix/`, or a path. */
  readonly location: string;

  /** All objects whose path begins with `under`, which is empty or ends with a slash. */
  list(under: string, signal: AbortSignal): Promise<PlacedObject[]>;

  /** Identifies the content of an object. Undefined if there is no such object. */
  digest(path: string, signal: AbortSignal): Promise<FileDigest | undefined>;

  /** Undefined if there is no such object. */
  open(path: string, signal: AbortSignal): Promise<OpenedObject | undefined>;

  /**
   * Stores an object whole or not at all: content that fails midway, or that does not have the announced size, leaves
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

  /** Tags of an object. Undefined if the store has no tags. */
  tags(path: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;

  /** Paths under a prefix with old versions or delete markers. Empty if the store keeps none. */
  oldVersions(under: string, signal: AbortSignal): Promise<string[]>;

  /** The text of a record. */
  readRecord(name: string, signal: AbortSignal): Promise<string | undefined>;
  writeRecord(name: string, text: string, signal: AbortSignal): Promise<void>;
  removeRecord(name: string, signal: AbortSignal): Promise<void>;

  /** Names of the records that begin with `under`. */
  listRecords(under: string, signal: AbortSignal): Promise<string[]>;

  /** Releases connections, and removes incomplete files. */
  close(): Promise<void>;
}

/**
 * Why objects cannot be stored in a bucket: `"path" (reason)`. S3 and Cloud Storage have the same maximum key length.
 */
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

/** Splits content into parts of equal size. The last one may be shorter, and empty content has none. */
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

/** Content that fits into memory. */
export async function whole(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}
