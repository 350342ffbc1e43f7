import type { ListObjectVersionsCommand, CompletedPart } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { type FileDigest, sourceChanged } from "../../engine/files/file-manifest";
import { Bucket, decodeKey, RESERVED_PREFIX } from "../../engine/objects/bucket";
import { sha256 } from "../../manifest/checksum";
import {
  bucketKeyProblems,
  inParts,
  whole,
  type ObjectAttributes,
  type OpenedObject,
  type Place,
  type PlacedObject,
} from "./place";

/** Maximum object size (Amazon S3 User Guide, "Amazon S3 multipart upload limits"): 5 TiB. */
const LARGEST_OBJECT = 5 * 1024 ** 4;

/** A prefix in an S3 bucket. Credentials and endpoint come from the environment, as with every AWS tool. */
export class S3Place implements Place {
  readonly location: string;

  private constructor(
    private readonly bucket: Bucket,
    private readonly prefix: string,
  ) {
    this.location = `s3://${bucket.name}/${prefix}`;
  }

  static async open(bucket: string, region: string | undefined, prefix: string): Promise<S3Place> {
    return new S3Place(await Bucket.open(bucket, region), prefix);
  }

  async list(under: string, signal: AbortSignal): Promise<PlacedObject[]> {
    const objects = await this.bucket.objects(this.prefix + under, signal);
    return objects
      .filter(({ key }) => !key.startsWith(RESERVED_PREFIX))
      .map(({ key, size, etag }) => ({ path: key.slice(this.prefix.length), size, tag: etag }));
  }

  async digest(path: string, signal: AbortSignal): Promise<FileDigest | undefined> {
    return this.bucket.digest(this.prefix + path, signal);
  }

  async open(path: string, signal: AbortSignal): Promise<OpenedObject | undefined> {
    const answer = await this.bucket.open(this.prefix + path, signal);
    return (
      answer && {
        content: answer.Body,
        attributes: {
          contentType: answer.ContentType,
          cacheControl: answer.CacheControl,
          contentDisposition: answer.ContentDisposition,
          contentEncoding: answer.ContentEncoding,
          contentLanguage: answer.ContentLanguage,
          metadata: answer.Metadata,
        },
      }
    );
  }

  async store(
    path: string,
    content: AsyncIterable<Buffer>,
    size: number,
    attributes: ObjectAttributes,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const target = { Bucket: this.bucket.name, Key: this.prefix + path, ...headers(attributes) };
    if (size > LARGEST_PUT) {
      const parts = inParts(content, partSize(size));
      return uploadInParts(this.bucket, target, parts, size, signal);
    }
    const body = await whole(content);
    if (body.length !== size) throw sourceChanged(path, "its size is another one");
    const { sdk, client } = this.bucket;
    const ChecksumSHA256 = Buffer.from(sha256(body), "hex").toString("base64");
    const command = new sdk.PutObjectCommand({ ...target, Body: body, ContentLength: size, ChecksumSHA256 });
    return (await this.bucket.ask(signal, () => client.send(command, { abortSignal: signal })))?.ETag;
  }

  async remove(path: string, signal: AbortSignal): Promise<void> {
    await this.bucket.remove(this.prefix + path, signal);
  }

  problemsWith(objects: readonly PlacedObject[]): string[] {
    return bucketKeyProblems(objects, this.prefix, LARGEST_OBJECT);
  }

  async tags(path: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const { sdk, client, name } = this.bucket;
    const command = new sdk.GetObjectTaggingCommand({ Bucket: name, Key: this.prefix + path });
    const answer = await this.bucket.ask(signal, () => client.send(command, { abortSignal: signal }));
    return Object.fromEntries((answer?.TagSet ?? []).map(({ Key, Value }) => [Key as string, Value ?? ""]));
  }

  async oldVersions(under: string, signal: AbortSignal): Promise<string[]> {
    const { sdk, client, name } = this.bucket;
    const old = new Set<string>();
    let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
    while (marker !== undefined) {
      const command: ListObjectVersionsCommand = new sdk.ListObjectVersionsCommand({
        Bucket: name,
        Prefix: this.prefix + under,
        EncodingType: "url",
        ...marker,
      });
      const page = await this.bucket.ask(signal, () => client.send(command, { abortSignal: signal }));
      for (const { Key, IsLatest } of page?.Versions ?? []) if (!IsLatest) old.add(decodeKey(Key!));
      for (const { Key } of page?.DeleteMarkers ?? []) old.add(decodeKey(Key!));
      marker = page?.IsTruncated
        ? { KeyMarker: decodeKey(page.NextKeyMarker!), VersionIdMarker: page.NextVersionIdMarker }
        : undefined;
    }
    return [...old].filter((key) => !key.startsWith(RESERVED_PREFIX)).map((key) => key.slice(this.prefix.length));
  }

  async readRecord(name: string, signal: AbortSignal): Promise<string | undefined> {
    return this.bucket.text(RESERVED_PREFIX + name, signal);
  }

  async writeRecord(name: string, text: string, signal: AbortSignal): Promise<void> {
    const body = Buffer.from(text);
    await this.bucket.put(RESERVED_PREFIX + name, body, body.length, sha256(body), signal);
  }

  async removeRecord(name: string, signal: AbortSignal): Promise<void> {
    await this.bucket.remove(RESERVED_PREFIX + name, signal);
  }

  async listRecords(under: string, signal: AbortSignal): Promise<string[]> {
    const keys = await this.bucket.list(RESERVED_PREFIX + under, signal);
    return [...keys.keys()].map((key) => key.slice(RESERVED_PREFIX.length));
  }

  async close(): Promise<void> {
    this.bucket.close();
  }
}

function headers(attributes: ObjectAttributes) {
  return {
    ContentType: attributes.contentType,
    CacheControl: attributes.cacheControl,
    ContentDisposition: attributes.contentDisposition,
    ContentEncoding: attributes.contentEncoding,
    ContentLanguage: attributes.contentLanguage,
    Metadata: attributes.metadata && { ...attributes.metadata },
    Tagging: attributes.tags && new URLSearchParams(attributes.tags).toString(),
  };
}

/** Objects up to this size, in bytes, are one request. Larger ones are uploaded in parts, each kept in memory. */
const LARGEST_PUT = 8 * 1024 ** 2;

/** Amazon S3 User Guide, "Amazon S3 multipart upload limits". */
const MOST_PARTS = 10_000;

/** Bytes per part, chosen to stay within the number of parts that S3 accepts. */
export function partSize(objectSize: number): number {
  return Math.max(LARGEST_PUT, Math.ceil(objectSize / MOST_PARTS));
}

/** Destination of an object, and its attributes. */
export interface UploadTarget {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * Stores a large object. S3 checks the SHA-256 of each part, and shows nothing before the last one.
 *
 * @param size in bytes
 * @returns the ETag
 */
async function uploadInParts(
  bucket: Bucket,
  target: UploadTarget,
  parts: AsyncIterable<Buffer>,
  size: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { sdk, client } = bucket;
  const place = { Bucket: target.Bucket, Key: target.Key };
  const options = { abortSignal: signal };
  const create = new sdk.CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: "SHA256" });
  const upload = await bucket.ask(signal, () => client.send(create, options));
  const part = { ...place, UploadId: upload?.UploadId };
  try {
    const done: CompletedPart[] = [];
    let sent = 0;
    for await (const Body of parts) {
      const PartNumber = done.length + 1;
      const ChecksumSHA256 = createHash("sha256").update(Body).digest("base64");
      const command = new sdk.UploadPartCommand({ ...part, PartNumber, Body, ChecksumSHA256 });
      const answer = await bucket.ask(signal, () => client.send(command, options));
      done.push({ PartNumber, ETag: answer?.ETag, ChecksumSHA256 });
      sent += Body.length;
    }
    if (sent !== size) throw sourceChanged(target.Key, "its size is another one");
    const complete = new sdk.CompleteMultipartUploadCommand({ ...part, MultipartUpload: { Parts: done } });
    return (await bucket.ask(signal, () => client.send(complete, options)))?.ETag;
  } catch (error) {
    // Parts of an incomplete upload are billed. If this fails too, the bucket's lifecycle removes them.
    await client.send(new sdk.AbortMultipartUploadCommand(part)).catch(() => undefined);
    throw error;
  }
}
