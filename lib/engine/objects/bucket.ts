import type { Readable } from "node:stream";
import type { S3Client } from "@aws-sdk/client-s3";
import { EngineError } from "../engine-error";
import { rejectAborted } from "../files/abort";
import { digestOfStream } from "../files/file-digest";
import { openS3, type S3Sdk } from "./s3-client";

/** sha256 of a whole object in base64. Multipart uploads have a digest of digests instead, with `-<parts>` at its end. */
const WHOLE_OBJECT_SHA256 = /^[A-Za-z0-9+/]{43}=$/;

/**
 * One S3 bucket. Credentials and endpoint come from the environment, as for every AWS tool.
 *
 * Every operation throws an EngineError `TargetMissing` when there is no such bucket, and the signal's reason when
 * aborted.
 */
export class Bucket {
  private constructor(
    readonly name: string,
    private readonly sdk: S3Sdk,
    private readonly client: S3Client,
  ) {}

  static async open(name: string, region: string | undefined): Promise<Bucket> {
    const { sdk, client } = await openS3(region);
    return new Bucket(name, sdk, client);
  }

  /** All keys under a prefix with their sizes in bytes. */
  async list(prefix: string, signal: AbortSignal): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    // Without EncodingType, keys with control characters make the listing's XML unreadable.
    const pages = this.sdk.paginateListObjectsV2(
      { client: this.client },
      { Bucket: this.name, Prefix: prefix, EncodingType: "url" },
      { abortSignal: signal },
    );
    await this.ask(signal, async () => {
      for await (const page of pages) {
        for (const object of page.Contents ?? []) {
          found.set(decodeURIComponent((object.Key as string).replaceAll("+", " ")), object.Size ?? 0);
        }
      }
    });
    return found;
  }

  /** The sha256 of an object in hexadecimal, or nothing when there is no such object. */
  async sha256(key: string, signal: AbortSignal): Promise<string | undefined> {
    return this.ask(signal, async () => {
      const head = await this.client.send(
        new this.sdk.HeadObjectCommand({ Bucket: this.name, Key: key, ChecksumMode: "ENABLED" }),
        { abortSignal: signal },
      );
      if (head.ChecksumSHA256 !== undefined && WHOLE_OBJECT_SHA256.test(head.ChecksumSHA256)) {
        return Buffer.from(head.ChecksumSHA256, "base64").toString("hex");
      }
      return (await digestOfStream(await this.get(key, signal))).sha256;
    });
  }

  /** The text of an object, or nothing when there is no such object. */
  async text(key: string, signal: AbortSignal): Promise<string | undefined> {
    return this.ask(signal, async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of await this.get(key, signal)) chunks.push(chunk as Uint8Array);
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

  private async get(key: string, signal: AbortSignal): Promise<Readable> {
    const command = new this.sdk.GetObjectCommand({ Bucket: this.name, Key: key });
    const answer = await this.client.send(command, { abortSignal: signal });
    return answer.Body as Readable;
  }

  /** Nothing for an object that does not exist. */
  private async ask<T>(signal: AbortSignal, request: () => Promise<T>): Promise<T | undefined> {
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
