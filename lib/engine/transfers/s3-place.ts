import type { Readable } from "node:stream";
import type { ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { sha256 } from "../checksum";
import type { FileDigest } from "../files/file-digest";
import { sourceChanged } from "../files/manifest";
import { Bucket, decodeKey } from "../objects/bucket";
import { RESERVED_PREFIX } from "../objects/copy-manifest";
import { bucketKeyProblems } from "./bucket-keys";
import { inParts, whole } from "./parts";
import type { ObjectAttributes, OpenedObject, Place, PlacedObject } from "./place";
import { LARGEST_PUT, partSize, uploadInParts } from "./s3-multipart";

/** The largest object (Amazon S3 User Guide, "Amazon S3 multipart upload limits"): 5 TiB. */
const LARGEST_OBJECT = 5 * 1024 ** 4;

/** A prefix of an S3 bucket. Credentials and endpoint come from the environment, as for every AWS tool. */
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
    const { sdk, client, name } = this.bucket;
    const command = new sdk.GetObjectCommand({ Bucket: name, Key: this.prefix + path });
    const answer = await this.bucket.ask(signal, () => client.send(command, { abortSignal: signal }));
    return (
      answer && {
        content: answer.Body as Readable,
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
