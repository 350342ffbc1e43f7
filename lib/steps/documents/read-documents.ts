import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClientBase, DatabaseError } from "pg";
import { someOf } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import { sourceChanged } from "../../engine/files/file-manifest";
import { walkDirectory } from "../../engine/files/walk";
import { sha256 } from "../../manifest/checksum";

/** A file that can become a row. */
export interface DocumentFile {
  readonly path: string;
  readonly key: string;

  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** The source of the documents. */
export interface DocumentSource {
  readonly directory: string;
  readonly suffix: string;

  /** Top-level field with the key of a document's row. */
  readonly field: string;
}

/** Maximum documents and bytes that are in memory and in transit to PostgreSQL at once. */
const BATCH = { documents: 500, bytes: 8 * 1024 ** 2 };

/**
 * Reads all documents of a directory and has PostgreSQL check each of them. Writes nothing.
 *
 * @throws EngineError `SourceMissing`, `SourceRefused`, `SourceEmpty`; `DocumentsInvalid`, which counts all invalid
 * files and lists the first 20 with reasons
 */
export async function readDocuments(
  client: ClientBase,
  source: DocumentSource,
  signal: AbortSignal,
): Promise<DocumentFile[]> {
  const paths = await pathsOf(source, signal);
  if (paths.length === 0) {
    throw new EngineError(
      "SourceEmpty",
      `${source.directory} holds no files whose names end with "${source.suffix}"; check that its volume is mounted, or leave the step out`,
    );
  }
  const files: DocumentFile[] = [];
  const problems: string[] = [];
  const pathOfKey = new Map<string, string>();
  for (const batch of inBatches(source.directory, paths, signal)) {
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
 * Reads documents again, batch by batch, to write them.
 *
 * @throws EngineError `SourceChanged` when a document has changed since it was checked
 */
export async function* readAgain(
  directory: string,
  files: readonly DocumentFile[],
  signal: AbortSignal,
): AsyncGenerator<(DocumentFile & { readonly text: string })[]> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  for (const batch of inBatches(directory, [...byPath.keys()], signal)) {
    yield batch.map(({ path, bytes }) => {
      const file = byPath.get(path)!;
      if (sha256(bytes) !== file.sha256) throw sourceChanged(path, "its sha256 is another one");
      return { ...file, text: bytes.toString("utf8") };
    });
  }
}

/**
 * The digests of all documents, valid or not.
 *
 * @throws EngineError `SourceMissing`, `SourceRefused`
 */
export async function* digestsOf(
  source: Omit<DocumentSource, "field">,
  signal: AbortSignal,
): AsyncGenerator<{ readonly path: string; readonly sha256: string }> {
  for (const path of await pathsOf(source, signal)) {
    signal.throwIfAborted();
    yield { path, sha256: sha256(readDocument(source.directory, path)) };
  }
}

async function pathsOf(source: Omit<DocumentSource, "field">, signal: AbortSignal): Promise<string[]> {
  const { files } = await walkDirectory(source.directory, "refuse", signal);
  return files.filter((path) => path.endsWith(source.suffix));
}

interface Content {
  readonly path: string;
  readonly bytes: Buffer;
}

function* inBatches(directory: string, paths: readonly string[], signal: AbortSignal): Generator<Content[]> {
  let batch: Content[] = [];
  let bytes = 0;
  for (const path of paths) {
    signal.throwIfAborted();
    const content = { path, bytes: readDocument(directory, path) };
    batch.push(content);
    bytes += content.bytes.length;
    if (batch.length >= BATCH.documents || bytes >= BATCH.bytes) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
  }
  if (batch.length > 0) yield batch;
}

/** Synchronously: for files this small, a round trip to a thread of Node's pool takes longer than the reading. */
function readDocument(directory: string, path: string): Buffer {
  try {
    return readFileSync(join(directory, path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw sourceChanged(path, "it disappeared");
    throw error;
  }
}

/** Has PostgreSQL check the contents that can be sent to it. */
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

/** The key of a document, or what is wrong with it. */
type KeyOrProblem = { readonly key: string } | { readonly problem: string };

/**
 * Reads one top-level field of each document. PostgreSQL parses it, as it will when the documents are rows: JavaScript
 * would round large integers and accept other documents.
 */
async function readKeys(client: ClientBase, documents: readonly string[], field: string): Promise<KeyOrProblem[]> {
  const all = await attempt(client, () => queryKeys(client, documents, field));
  if ("result" in all) return all.result;
  if (documents.length === 1) return [{ problem: describeError(all.error) }];
  const half = Math.ceil(documents.length / 2);
  return [
    ...(await readKeys(client, documents.slice(0, half), field)),
    ...(await readKeys(client, documents.slice(half), field)),
  ];
}

async function queryKeys(client: ClientBase, documents: readonly string[], field: string): Promise<KeyOrProblem[]> {
  const { rows } = await client.query<{ key: string | null; type: string | null }>(
    `select d::json ->> $2 as key, json_typeof(d::json -> $2) as type
     from unnest($1::text[]) with ordinality as t (d, n) order by n`,
    [documents, field],
  );
  return rows.map(({ key, type }) => {
    if (key === null || key === "") return { problem: `has no field "${field}"` };
    if (type !== "string" && type !== "number") return { problem: `its field "${field}" is of type ${type}, no text` };
    return { key };
  });
}

/** PostgreSQL errors about the value itself: class 22, "Data Exception", and excessive nesting. */
const ABOUT_THE_VALUE = /^(22|54001)/;

async function attempt<T>(
  client: ClientBase,
  work: () => Promise<T>,
): Promise<{ result: T } | { error: DatabaseError }> {
  const inTransaction = await savepoint(client);
  try {
    const result = await work();
    if (inTransaction) await client.query("release savepoint sterna_document_keys");
    return { result };
  } catch (error) {
    if (!ABOUT_THE_VALUE.test((error as DatabaseError).code ?? "")) throw error;
    if (inTransaction) await client.query("rollback to savepoint sterna_document_keys");
    return { error: error as DatabaseError };
  }
}

/** Sets a savepoint if there is a transaction that an error would abort. Returns whether there is one. */
async function savepoint(client: ClientBase): Promise<boolean> {
  try {
    await client.query("savepoint sterna_document_keys");
    return true;
  } catch (error) {
    if ((error as DatabaseError).code === "25P01") return false; // no_active_sql_transaction
    throw error;
  }
}

/** PostgreSQL's message and the line, without the quoted data. */
function describeError(error: DatabaseError): string {
  const line = /^JSON data, line (\d+)/.exec(error.where ?? "")?.[1];
  return line === undefined ? error.message : `${error.message}, line ${line}`;
}
