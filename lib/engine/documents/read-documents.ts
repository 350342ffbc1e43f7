import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClientBase } from "pg";
import { sha256 } from "../checksum";
import { EngineError } from "../engine-error";
import { sourceChanged } from "../files/manifest";
import { walkDirectory } from "../files/walk";
import { someOf } from "../some-of";
import { type KeyOrProblem, readKeys } from "./document-keys";

/** A file that can become a row. */
export interface DocumentFile {
  readonly path: string;
  readonly key: string;

  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** Where the documents are. */
export interface DocumentSource {
  readonly directory: string;
  readonly suffix: string;

  /** Top-level field that names a document's row. */
  readonly field: string;
}

/** Documents, and bytes, that are in memory and under way to PostgreSQL at the same time. */
const BATCH = { documents: 500, bytes: 8 * 1024 ** 2 };

/**
 * Reads all documents of a directory and has PostgreSQL look at each of them. Writes nothing.
 *
 * @throws EngineError `SourceMissing`, `SourceRefused`, `SourceEmpty`; `DocumentsInvalid`, which counts all files at
 * fault and names the first 20 with the reason of each
 */
export async function readDocuments(
  client: ClientBase,
  source: DocumentSource,
  signal: AbortSignal,
): Promise<DocumentFile[]> {
  const paths = (await walkDirectory(source.directory, "refuse", signal)).files.filter((path) =>
    path.endsWith(source.suffix),
  );
  if (paths.length === 0) {
    throw new EngineError(
      "SourceEmpty",
      `${source.directory} holds no files whose names end with "${source.suffix}"; check that its volume is mounted, or leave the step out`,
    );
  }
  const files: DocumentFile[] = [];
  const problems: string[] = [];
  const pathOfKey = new Map<string, string>();
  for await (const batch of inBatches(source.directory, paths, signal)) {
    const keys = await keysOf(client, batch, source.field);
    batch.forEach((content, index) => {
      const found = keys[index]!;
      const earlier = "key" in found ? pathOfKey.get(found.key) : undefined;
      if ("problem" in found) {
        problems.push(`${content.path}: ${found.problem}`);
      } else if (earlier !== undefined) {
        problems.push(`${content.path}: has the key ${JSON.stringify(found.key)} of ${earlier}`);
      } else {
        pathOfKey.set(found.key, content.path);
        files.push({ path: content.path, key: found.key, size: content.bytes.length, sha256: sha256(content.bytes) });
      }
    });
  }
  if (problems.length > 0) {
    throw new EngineError(
      "DocumentsInvalid",
      `${problems.length} of ${paths.length} files in ${source.directory} cannot become rows; nothing was written:\n` +
        someOf(problems, 20, "\n"),
    );
  }
  return files;
}

/**
 * Reads documents once more, batch by batch, to write them.
 *
 * @throws EngineError `SourceChanged` when one is no longer what was looked at
 */
export async function* readAgain(
  directory: string,
  files: readonly DocumentFile[],
  signal: AbortSignal,
): AsyncGenerator<(DocumentFile & { readonly text: string })[]> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  for await (const batch of inBatches(directory, [...byPath.keys()], signal)) {
    yield batch.map(({ path, bytes }) => {
      const file = byPath.get(path)!;
      if (sha256(bytes) !== file.sha256) throw sourceChanged(path, "its sha256 is another one");
      return { ...file, text: bytes.toString("utf8") };
    });
  }
}

interface Content {
  readonly path: string;
  readonly bytes: Buffer;
}

async function* inBatches(directory: string, paths: readonly string[], signal: AbortSignal): AsyncGenerator<Content[]> {
  let batch: Content[] = [];
  let bytes = 0;
  for (const path of paths) {
    signal.throwIfAborted();
    const content = { path, bytes: await readDocument(directory, path) };
    batch.push(content);
    bytes += content.bytes.length;
    if (batch.length >= BATCH.documents || bytes >= BATCH.bytes) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
  }
  if (batch.length > 0) yield batch;
}

async function readDocument(directory: string, path: string): Promise<Buffer> {
  try {
    return await readFile(join(directory, path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw sourceChanged(path, "it disappeared");
    throw error;
  }
}

/** Asks PostgreSQL about the contents that can be sent to it at all. */
async function keysOf(client: ClientBase, batch: readonly Content[], field: string): Promise<KeyOrProblem[]> {
  const texts = batch.map(({ bytes }) => asText(bytes));
  const sendable = texts.flatMap((text) => ("text" in text ? [text.text] : []));
  const answers = (await readKeys(client, sendable, field)).values();
  return texts.map((text) => ("problem" in text ? text : answers.next().value!));
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function asText(bytes: Buffer): { readonly text: string } | { readonly problem: string } {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch {
    return { problem: "is not UTF-8" };
  }
  if (text.trim() === "") return { problem: "is empty" };
  if (text.startsWith("\uFEFF")) return { problem: "starts with a byte order mark, which JSON must not (RFC 8259)" };
  if (text.includes("\0")) return { problem: "holds a NUL byte" };
  return { text };
}
