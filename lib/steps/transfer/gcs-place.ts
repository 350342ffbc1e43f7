import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { z } from "zod";
import { EngineError } from "../../engine/engine-error";
import { digestOfStream, type FileDigest, sourceChanged } from "../../engine/files/file-manifest";
import { RESERVED_PREFIX } from "../../engine/objects/bucket";
import { GcsClient, GcsRefusal, type GcsRequest } from "../../engine/objects/gcs-client";
import {
  bucketKeyProblems,
  inParts,
  type ObjectAttributes,
  type OpenedObject,
  type Place,
  type PlacedObject,
} from "./place";

/** Maximum object size (Cloud Storage documentation, "Quotas & limits"): 5 TiB. */
const LARGEST_OBJECT = 5 * 1024 ** 4;

const objectResource = z.object({
  name: z.string(),
  size: z.string(),
  generation: z.string(),
  md5Hash: z.string().optional(),
  contentType: z.string().optional(),
  cacheControl: z.string().optional(),
  contentDisposition: z.string().optional(),
  contentEncoding: z.string().optional(),
  contentLanguage: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
});
type ObjectResource = z.infer<typeof objectResource>;
const listing = z.object({ items: z.array(objectResource).default([]), nextPageToken: z.string().optional() });

/** A prefix in a Cloud Storage bucket, accessed with its JSON API. Needs the role Storage Object User. */
export class GcsPlace implements Place {
  readonly location: string;
  private readonly client: GcsClient;

  constructor(
    bucket: string,
    private readonly prefix: string,
  ) {
    this.client = new GcsClient(bucket);
    this.location = `gs://${bucket}/${prefix}`;
  }

  async list(under: string, signal: AbortSignal): Promise<PlacedObject[]> {
    const objects = await this.listing(this.prefix + under, signal);
    return objects
      .filter(({ name }) => !name.startsWith(RESERVED_PREFIX))
      .map((object) => ({
        path: object.name.slice(this.prefix.length),
        size: Number(object.size),
        tag: tagOf(object),
      }));
  }

  async digest(path: string, signal: AbortSignal): Promise<FileDigest | undefined> {
    const opened = await this.open(path, signal);
    return opened && digestOfStream(opened.content);
  }

  async open(path: string, signal: AbortSignal): Promise<OpenedObject | undefined> {
    const url = this.client.object(this.prefix + path);
    const metadata = await send(this.client, { method: "GET", url }, signal);
    if (metadata.status === 404) return undefined;
    const { generation, ...attributes } = objectResource.parse(await metadata.json());
    if (attributes.contentEncoding === "gzip") {
      // "Transcoding of gzip-compressed files": the download would differ from the stored content.
      throw new EngineError(
        "SourceRefused",
        `${this.location}${path} has the Content-Encoding gzip, which HTTP unpacks on the way; leave it to a managed transfer`,
      );
    }
    const query = { alt: "media", generation };
    const media = await send(this.client, { method: "GET", url, query }, signal);
    if (media.status === 404 || media.body === null) return undefined;
    return { content: Readable.fromWeb(media.body as never), attributes };
  }

  async store(
    path: string,
    content: AsyncIterable<Buffer>,
    size: number,
    attributes: ObjectAttributes,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const name = this.prefix + path;
    const md5 = createHash("md5");
    const stored = await uploadToGcs(this.client, { name, ...attributes }, digesting(content, md5), size, signal);
    const resource = objectResource.parse(stored);
    // Every object that is not a composite has one ("Data validation and change detection").
    if (resource.md5Hash !== md5.digest("base64")) {
      await this.remove(path, signal);
      throw new EngineError("TransferDamaged", `${this.location}${path} arrived with another content than was sent`);
    }
    return tagOf(resource);
  }

  async remove(path: string, signal: AbortSignal): Promise<void> {
    await send(this.client, { method: "DELETE", url: this.client.object(this.prefix + path) }, signal);
  }

  problemsWith(objects: readonly PlacedObject[]): string[] {
    return bucketKeyProblems(objects, this.prefix, LARGEST_OBJECT);
  }

  async tags(): Promise<Readonly<Record<string, string>>> {
    return {};
  }

  async oldVersions(under: string, signal: AbortSignal): Promise<string[]> {
    const all = await this.listing(this.prefix + under, signal, { versions: "true" });
    const live = await this.listing(this.prefix + under, signal);
    const generations = new Set(live.map(({ name, generation }) => `${generation} ${name}`));
    const old = all.filter(({ name, generation }) => !generations.has(`${generation} ${name}`));
    return [...new Set(old.map(({ name }) => name.slice(this.prefix.length)))];
  }

  async readRecord(name: string, signal: AbortSignal): Promise<string | undefined> {
    const url = this.client.object(RESERVED_PREFIX + name);
    const answer = await send(this.client, { method: "GET", url, query: { alt: "media" } }, signal);
    return answer.status === 404 ? undefined : answer.text();
  }

  async writeRecord(name: string, text: string, signal: AbortSignal): Promise<void> {
    const body = Buffer.from(text);
    const target = { name: RESERVED_PREFIX + name, contentType: "application/jsonl" };
    await uploadToGcs(this.client, target, Readable.from([body]), body.length, signal);
  }

  async removeRecord(name: string, signal: AbortSignal): Promise<void> {
    await send(this.client, { method: "DELETE", url: this.client.object(RESERVED_PREFIX + name) }, signal);
  }

  async listRecords(under: string, signal: AbortSignal): Promise<string[]> {
    const objects = await this.listing(RESERVED_PREFIX + under, signal);
    return objects.map(({ name }) => name.slice(RESERVED_PREFIX.length));
  }

  async close(): Promise<void> {}

  private async listing(prefix: string, signal: AbortSignal, more: Record<string, string> = {}) {
    const found: ObjectResource[] = [];
    for (let pageToken: string | undefined = ""; pageToken !== undefined;) {
      const query = { prefix, ...more, ...(pageToken && { pageToken }) };
      const answer = await send(this.client, { method: "GET", url: this.client.objects, query }, signal);
      if (answer.status === 404) throw missing(this.client);
      const page = listing.parse(await answer.json());
      found.push(...page.items);
      pageToken = page.nextPageToken;
    }
    return found;
  }
}

function tagOf({ md5Hash, generation }: ObjectResource): string {
  return md5Hash ?? generation;
}

async function* digesting(content: AsyncIterable<Buffer>, hash: ReturnType<typeof createHash>) {
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Resumable uploads answer 308 to an accepted chunk ("Resumable uploads"). */
const ANSWERS = [308];

/** @throws EngineError `StoreRefused`, or the error of the last attempt */
async function send(client: GcsClient, request: GcsRequest, signal: AbortSignal): Promise<Response> {
  try {
    return await client.request({ ...request, answers: ANSWERS }, signal);
  } catch (cause) {
    if (!(cause instanceof GcsRefusal)) throw cause;
    throw new EngineError("StoreRefused", cause.message, { cause });
  }
}

/** The error for a 404 that is about the bucket. */
function missing({ bucket }: GcsClient): EngineError {
  return new EngineError("TargetMissing", `there is no bucket "${bucket}" that these credentials can see`);
}

/** Bytes of a chunk: a multiple of 256 KiB (Cloud Storage documentation, "Resumable uploads"). */
const CHUNK = 8 * 1024 ** 2;

/** Name and attributes of an uploaded object. */
interface GcsTarget extends ObjectAttributes {
  readonly name: string;
}

/**
 * Stores an object with a resumable upload: it is not visible before the last chunk, and an incomplete upload expires
 * after a week.
 *
 * @param size in bytes
 * @returns the object's resource
 */
async function uploadToGcs(
  client: GcsClient,
  target: GcsTarget,
  content: AsyncIterable<Buffer>,
  size: number,
  signal: AbortSignal,
): Promise<unknown> {
  const { name, tags: _noTags, ...attributes } = target;
  const begun = await send(
    client,
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
  if (begun.status === 404 || url === null) throw missing(client);
  let sent = 0;
  let last: Response | undefined;
  for await (const chunk of chunks(content, size)) {
    if (sent + chunk.length > size) throw sourceChanged(name, "it grew");
    const range = size === 0 ? "bytes */0" : `bytes ${sent}-${sent + chunk.length - 1}/${size}`;
    last = await send(client, { method: "PUT", url, headers: { "content-range": range }, body: chunk }, signal);
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
