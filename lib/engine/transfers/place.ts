import type { Readable } from "node:stream";
import type { FileDigest } from "../files/file-digest";

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
