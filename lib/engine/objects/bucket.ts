import type { Readable } from "node:stream";
import type { GetObjectCommandOutput, S3Client } from "@aws-sdk/client-s3";
import { passes, withRetries } from "../../core/retries";
import { EngineError } from "../engine-error";
import { rejectAborted } from "../files/concurrently";
import { digestOfStream, type FileDigest } from "../files/file-manifest";
import { openS3, type S3Sdk } from "./s3-client";

/** Keys that Sterna keeps for itself in every bucket that a step copies to. */
export const RESERVED_PREFIX = ".sterna/";

/** Requests to S3 at the same time. */
export const REQUESTS = 8;

/** sha256 of a whole object in base64. Multipart uploads have a digest of digests instead, with `-<parts>` at its end. */
const WHOLE_OBJECT_SHA256 = /^[A-Za-z0-9+/]{43}=$/;

const STREAMS = 3;
const PAUSE_MILLISECONDS = 500;

/** ETag of an object that was uploaded in parts: some stores leave out the `-<parts>` of its digest of digests. */
const ETAG_OF_PARTS = /-\d+"?$/;

/** An object as a listing shows it. */
export interface ListedObject {
  readonly key: string;

  /** In bytes. */
  readonly size: number;

  /** Another one for each content: a digest of it, or for encrypted objects at least another one for each write. */
  readonly etag: string | undefined;
}

/** An object, about to be read. */
export type OpenedAnswer = Omit<GetObjectCommandOutput, "Body"> & { readonly Body: Readable };

/**
 * Sends an object again whose connection broke in the middle: the SDK repeats requests, but cannot read a stream twice.
 *
 * @param work makes a new stream for each attempt
 */
export async function withNewStreams<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return withRetries(work, { attempts: STREAMS, firstPause: PAUSE_MILLISECONDS, signal }, isTransient);
}

function isTransient(error: unknown): boolean {
  if (error instanceof EngineError) return false;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === undefined || passes(status);
}

/**
 * One S3 bucket. Credentials and endpoint come from the environment, as for every AWS tool.
 *
 * Every operation throws an EngineError `TargetMissing` when there is no such bucket, and the signal's reason when
 * aborted.
 */
export class Bucket {
  private constructor(
    readonly name: string,
    readonly sdk: S3Sdk,
    readonly client: S3Client,
  ) {}

  static async open(name: string, region: string | undefined): Promise<Bucket> {
    const { sdk, client } = await openS3(region);
    return new Bucket(name, sdk, client);
  }

  /** All keys under a prefix with their sizes in bytes. */
  async list(prefix: string, signal: AbortSignal): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    for (const { key, size } of await this.objects(prefix, signal)) found.set(key, size);
    return found;
  }

  /** All objects under a prefix, in the order of their keys. */
  async objects(prefix: string, signal: AbortSignal): Promise<ListedObject[]> {
    const found: ListedObject[] = [];
    // Without EncodingType, keys with control characters make the listing's XML unreadable.
    const pages = this.sdk.paginateListObjectsV2(
      { client: this.client },
      { Bucket: this.name, Prefix: prefix, EncodingType: "url" },
      { abortSignal: signal },
    );
    await this.ask(signal, async () => {
      for await (const page of pages) {
        for (const object of page.Contents ?? []) {
          found.push({ key: decodeKey(object.Key as string), size: object.Size ?? 0, etag: object.ETag });
        }
      }
    });
    return found;
  }

  /** The sha256 of an object in hexadecimal, or nothing when there is no such object. */
  async sha256(key: string, signal: AbortSignal): Promise<string | undefined> {
    return (await this.digest(key, signal))?.sha256;
  }

  /** What the store says of an object's content; read and digested where it says nothing. */
  async digest(key: string, signal: AbortSignal): Promise<FileDigest | undefined> {
    return this.ask(signal, async () => {
      const head = await this.client.send(
        new this.sdk.HeadObjectCommand({ Bucket: this.name, Key: key, ChecksumMode: "ENABLED" }),
        { abortSignal: signal },
      );
      const inParts = ETAG_OF_PARTS.test(head.ETag ?? "");
      if (head.ChecksumSHA256 !== undefined && !inParts && WHOLE_OBJECT_SHA256.test(head.ChecksumSHA256)) {
        const sha256 = Buffer.from(head.ChecksumSHA256, "base64").toString("hex");
        return { size: head.ContentLength ?? 0, sha256 };
      }
      return digestOfStream((await this.get(key, signal)).Body);
    });
  }

  /** The text of an object, or nothing when there is no such object. */
  async text(key: string, signal: AbortSignal): Promise<string | undefined> {
    return this.ask(signal, async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of (await this.get(key, signal)).Body) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks).toString("utf8");
    });
  }

  /**
   * Stores an object. S3 refuses it when its content does not have the digest given.
   *
   * @param size in bytes
   * @param sha256 hexadecimal
   */
  async put(
    key: string,
    body: Uint8Array | Readable,
    size: number,
    sha256: string,
    signal: AbortSignal,
  ): Promise<void> {
    const command = new this.sdk.PutObjectCommand({
      Bucket: this.name,
      Key: key,
      Body: body,
      ContentLength: size,
      ChecksumSHA256: Buffer.from(sha256, "hex").toString("base64"),
    });
    await this.ask(signal, () => this.client.send(command, { abortSignal: signal }));
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    const command = new this.sdk.DeleteObjectCommand({ Bucket: this.name, Key: key });
    await this.ask(signal, () => this.client.send(command, { abortSignal: signal }));
  }

  close(): void {
    this.client.destroy();
  }

  /** An object with its headers, about to be read; nothing when there is no such object. */
  async open(key: string, signal: AbortSignal): Promise<OpenedAnswer | undefined> {
    return this.ask(signal, () => this.get(key, signal));
  }

  private async get(key: string, signal: AbortSignal): Promise<OpenedAnswer> {
    const command = new this.sdk.GetObjectCommand({ Bucket: this.name, Key: key });
    const answer = await this.client.send(command, { abortSignal: signal });
    return { ...answer, Body: answer.Body as Readable };
  }

  /** Sends a request. Nothing for an object that does not exist. */
  async ask<T>(signal: AbortSignal, request: () => Promise<T>): Promise<T | undefined> {
    return rejectAborted(signal, async () => {
      try {
        return await request();
      } catch (cause) {
        const { name } = cause as Error;
        if (name === "NotFound" || name === "NoSuchKey") return undefined;
        if (name !== "NoSuchBucket") throw cause;
        const message = `there is no bucket "${this.name}" that these credentials can see`;
        throw new EngineError("TargetMissing", message, { cause });
      }
    });
  }
}

/** A key of a listing that was asked for with `EncodingType: "url"`. */
export function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll("+", " "));
}
