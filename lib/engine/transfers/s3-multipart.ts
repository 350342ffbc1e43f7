import type { CompletedPart } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import { sourceChanged } from "../files/manifest";
import type { Bucket } from "../objects/bucket";

/** Objects up to this size, in bytes, are one request; larger ones are held in memory part by part. */
export const LARGEST_PUT = 8 * 1024 ** 2;

/** Amazon S3 User Guide, "Amazon S3 multipart upload limits". */
const MOST_PARTS = 10_000;

/** Bytes of a part, so that an object of that size has not more parts than S3 takes. */
export function partSize(objectSize: number): number {
  return Math.max(LARGEST_PUT, Math.ceil(objectSize / MOST_PARTS));
}

/** Where an object goes, and its attributes. */
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
export async function uploadInParts(
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
    // Parts of an upload that nobody completes are paid for. If this fails too, the bucket's lifecycle removes them.
    await client.send(new sdk.AbortMultipartUploadCommand(part)).catch(() => undefined);
    throw error;
  }
}
