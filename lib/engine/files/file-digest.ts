import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { rejectAborted } from "./abort";

/** What identifies the content of a file. */
export interface FileDigest {
  /** In bytes. */
  readonly size: number;

  /** Hexadecimal. */
  readonly sha256: string;
}

/** Reads a stream to its end and digests it; the content never has to fit into memory. */
export async function digestOfStream(stream: AsyncIterable<Uint8Array>): Promise<FileDigest> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest("hex") };
}

/** @throws the signal's reason when aborted */
export async function digestOfFile(path: string, signal?: AbortSignal): Promise<FileDigest> {
  return rejectAborted(signal, () => digestOfStream(createReadStream(path, { signal })));
}
