import { setTimeout as sleep } from "node:timers/promises";
import { EngineError } from "../../engine/engine-error";
import { rejectAborted } from "../../engine/files/concurrently";
import { sourceChanged } from "../../engine/files/file-manifest";
import {
  ENDPOINT,
  errorMessage,
  RETRIED_STATUSES,
  type GoogleStorageAccess,
  googleStorageAccess,
} from "../../engine/objects/gcs-store";
import { inParts, type ObjectAttributes } from "./place";

const ATTEMPTS = 5;
const FIRST_RETRY_MILLISECONDS = 250;

/** Statuses that are an answer, not a failure: a chunk was taken, there is no such object. */
const ANSWERS = [308, 404];

/** A request to Cloud Storage's JSON API. */
export interface GcsRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;

  /** @default {} */
  readonly query?: Readonly<Record<string, string>>;

  /** @default {} */
  readonly headers?: Readonly<Record<string, string>>;

  /** @default - none */
  readonly body?: Uint8Array;
}

/** The JSON API of Cloud Storage for one bucket. */
export class GcsClient {
  /** URL of the bucket's objects. */
  readonly objects: string;

  /** URL of uploads to the bucket. */
  readonly uploads: string;

  constructor(
    readonly bucket: string,
    private readonly access: GoogleStorageAccess = googleStorageAccess(),
  ) {
    const { endpoint = ENDPOINT } = access;
    this.objects = `${endpoint}/storage/v1/b/${encodeURIComponent(bucket)}/o`;
    this.uploads = `${endpoint}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`;
  }

  /** URL of an object. */
  object(name: string): string {
    return `${this.objects}/${encodeURIComponent(name)}`;
  }

  /**
   * Sends a request until it is answered with success, 308 or 404.
   *
   * @throws Error what the last attempt ended with
   */
  async request(request: GcsRequest, signal: AbortSignal): Promise<Response> {
    return rejectAborted(signal, async () => {
      for (let attempt = 1; ; attempt++) {
        const response = await this.attempt(request, signal).catch((error: unknown) => error as Error);
        if (!(response instanceof Error)) return response;
        if (attempt === ATTEMPTS || signal.aborted || response instanceof EngineError) throw response;
        await sleep(FIRST_RETRY_MILLISECONDS * 2 ** (attempt - 1) * (0.5 + Math.random()), undefined, { signal });
      }
    });
  }

  /** The error for a 404 that is about the bucket. */
  missing(): EngineError {
    return new EngineError("TargetMissing", `there is no bucket "${this.bucket}" that these credentials can see`);
  }

  private async attempt(request: GcsRequest, signal: AbortSignal): Promise<Response> {
    const { method, url, query, headers, body } = request;
    const token = await this.access.accessToken?.();
    const address = query === undefined ? url : `${url}?${new URLSearchParams(query).toString()}`;
    const response = await fetch(address, {
      method,
      signal,
      redirect: "manual",
      headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: body as Uint8Array<ArrayBuffer> }),
    });
    if (response.ok || ANSWERS.includes(response.status)) return response;
    const reason = `Cloud Storage answered HTTP ${response.status}: ${errorMessage(await response.text())}`;
    throw RETRIED_STATUSES.includes(response.status) ? new Error(reason) : new EngineError("StoreRefused", reason);
  }
}

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
