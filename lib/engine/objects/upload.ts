import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { Transform, pipeline } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { sha256 } from "../checksum";
import { rejectAborted } from "../files/abort";
import { type ManifestEntry, sourceChanged } from "../files/manifest";
import type { Bucket } from "./bucket";

/** Files up to this size, in bytes, are held in memory, so that the SDK can send them again after a network error. */
const IN_MEMORY = 8 * 1024 ** 2;

/**
 * Stores a file under a key, or nothing at all when the file is no longer what the manifest says.
 *
 * @throws EngineError `SourceChanged`
 */
export async function uploadFile(
  bucket: Bucket,
  key: string,
  file: string,
  entry: ManifestEntry,
  signal: AbortSignal,
): Promise<void> {
  await rejectAborted(signal, async () => {
    try {
      if (entry.size <= IN_MEMORY) {
        const content = await readFile(file, { signal });
        if (sha256(content) !== entry.sha256) {
          throw sourceChanged(entry.path, "its sha256 is another one");
        }
        await bucket.put(key, content, entry.size, entry.sha256, signal);
      } else {
        await uploadLargeFile(bucket, key, file, entry, signal);
      }
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === "ENOENT" ? sourceChanged(entry.path, "it disappeared") : error;
    }
  });
}

const ATTEMPTS = 3;
/** Milliseconds, times the number of the attempt. */
const PAUSE = 500;

/** The SDK cannot send a stream twice, so a network error is answered here, with a new stream. */
async function uploadLargeFile(
  bucket: Bucket,
  key: string,
  file: string,
  entry: ManifestEntry,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    // The SDK does not notice when a body fails: without this, the request would wait for the rest of it.
    const failure = new AbortController();
    const body = pipeline(createReadStream(file, { signal }), new UnchangedFile(entry), (error) => {
      if (error) failure.abort(error);
    });
    try {
      await bucket.put(key, body, entry.size, entry.sha256, AbortSignal.any([signal, failure.signal]));
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || signal.aborted || failure.signal.aborted || !isTransient(error)) throw error;
      await sleep(attempt * PAUSE, undefined, { signal });
    } finally {
      body.destroy();
    }
  }
}

function isTransient(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return status === undefined || status >= 500 || status === 429;
}

/**
 * Lets a file pass, but its last piece only if the whole is what the manifest says. The request is never completed
 * otherwise, and the store keeps nothing: also one that does not check digests itself.
 */
export class UnchangedFile extends Transform {
  private readonly hash = createHash("sha256");
  private size = 0;
  private last: Buffer | undefined;

  constructor(private readonly entry: ManifestEntry) {
    super();
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null, data?: Buffer) => void,
  ): void {
    this.size += chunk.length;
    if (this.size > this.entry.size) {
      done(sourceChanged(this.entry.path, "it grew"));
      return;
    }
    this.hash.update(chunk);
    const previous = this.last;
    this.last = chunk;
    done(null, previous);
  }

  override _flush(done: (error?: Error | null, data?: Buffer) => void): void {
    if (this.size === this.entry.size && this.hash.digest("hex") === this.entry.sha256) {
      done(null, this.last);
    } else {
      done(sourceChanged(this.entry.path, this.size < this.entry.size ? "it shrank" : "its sha256 is another one"));
    }
  }
}
