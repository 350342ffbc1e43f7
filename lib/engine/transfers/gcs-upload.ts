import { EngineError } from "../engine-error";
import { sourceChanged } from "../files/manifest";
import type { GcsClient } from "./gcs-client";
import { inParts } from "./parts";
import type { ObjectAttributes } from "./place";

/** Bytes of a chunk: a multiple of 256 KiB (Cloud Storage documentation, "Resumable uploads"). */
const CHUNK = 8 * 1024 ** 2;

/** Name and attributes of an object that is uploaded. */
export interface GcsTarget extends ObjectAttributes {
  readonly name: string;
}

/**
 * Stores an object by a resumable upload: nothing is to be seen of it before the last chunk, and an upload that is never
 * completed goes away after a week.
 *
 * @param size in bytes
 * @returns the object's resource
 */
export async function uploadToGcs(
  client: GcsClient,
  target: GcsTarget,
  content: AsyncIterable<Buffer>,
  size: number,
  signal: AbortSignal,
): Promise<unknown> {
  const { name, tags: _noTags, ...attributes } = target;
  const begun = await client.request(
    {
      method: "POST",
      url: client.uploads,
      query: { uploadType: "resumable", name },
      headers: { "content-type": "application/json", "x-upload-content-length": String(size) },
      body: Buffer.from(JSON.stringify(attributes)),
    },
    signal,
  );
  const url = begun.headers.get("location");
  if (begun.status === 404 || url === null) throw client.missing();
  let sent = 0;
  let last: Response | undefined;
  for await (const chunk of chunks(content, size)) {
    if (sent + chunk.length > size) throw sourceChanged(name, "it grew");
    const range = size === 0 ? "bytes */0" : `bytes ${sent}-${sent + chunk.length - 1}/${size}`;
    last = await client.request({ method: "PUT", url, headers: { "content-range": range }, body: chunk }, signal);
    sent += chunk.length;
  }
  if (sent !== size) throw sourceChanged(name, "it shrank");
  if (last?.ok !== true) {
    throw new EngineError("StoreRefused", `Cloud Storage did not complete the upload of ${JSON.stringify(name)}`);
  }
  return last.json();
}

/** An empty object is one empty chunk. */
async function* chunks(content: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  if (size === 0) {
    for await (const chunk of content) if (chunk.length > 0) yield chunk;
    yield Buffer.alloc(0);
    return;
  }
  yield* inParts(content, CHUNK);
}
