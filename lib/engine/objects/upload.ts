import type { CheckResult } from "../../manifest/step-checks";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Transform, pipeline } from "node:stream";
import { sha256 } from "../../manifest/checksum";
import { RESERVED_PREFIX, REQUESTS, type Bucket, withNewStreams } from "./bucket";
import { someOf } from "../../core/text";
import { EngineError } from "../engine-error";
import { rejectAborted, mapConcurrently } from "../files/concurrently";
import { type ManifestEntry, sourceChanged, byUtf8Bytes, totalsOf } from "../files/file-manifest";

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

async function uploadLargeFile(
  bucket: Bucket,
  key: string,
  file: string,
  entry: ManifestEntry,
  signal: AbortSignal,
): Promise<void> {
  await withNewStreams(signal, async () => {
    // The SDK does not notice when a body fails: without this, the request would wait for the rest of it.
    const failure = new AbortController();
    const body = pipeline(createReadStream(file, { signal }), new UnchangedFile(entry), (error) => {
      if (error) failure.abort(error);
    });
    try {
      await bucket.put(key, body, entry.size, entry.sha256, AbortSignal.any([signal, failure.signal]));
    } finally {
      body.destroy();
    }
  });
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

/** The largest object of a single `PutObject`, in bytes (Amazon S3 User Guide, "Uploading objects"). */
const LARGEST_OBJECT = 5 * 1024 ** 3;

/** The longest key, in UTF-8 bytes (Amazon S3 User Guide, "Naming Amazon S3 objects"). */
export const LONGEST_KEY = 1024;

/**
 * Looks at names and sizes, before anything is digested or copied.
 *
 * @throws EngineError `SourceRefused`, naming every file that cannot be an object
 */
export async function assertUploadable(
  root: string,
  files: readonly string[],
  prefix: string,
  signal: AbortSignal,
): Promise<void> {
  const problems = await mapConcurrently(files, 8, signal, async (path) => {
    const problem = nameProblem(prefix + path) ?? sizeProblem(await sizeOf(root, path));
    return problem === undefined ? [] : [`${JSON.stringify(path)} (${problem})`];
  });
  const refused = problems.flat();
  if (refused.length === 0) return;
  throw new EngineError("SourceRefused", `${refused.length} files cannot become objects: ${someOf(refused)}`);
}

function nameProblem(key: string): string | undefined {
  if (Buffer.byteLength(key) > LONGEST_KEY) return `its key has more than ${LONGEST_KEY} bytes`;
  return key.startsWith(RESERVED_PREFIX) ? `${RESERVED_PREFIX} is kept for Sterna` : undefined;
}

function sizeProblem(bytes: number): string | undefined {
  return bytes > LARGEST_OBJECT ? `${bytes} bytes, more than 5 GiB: use BucketTransfer` : undefined;
}

async function sizeOf(root: string, path: string): Promise<number> {
  try {
    return (await stat(join(root, path))).size;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOENT" ? sourceChanged(path, "it disappeared") : error;
  }
}

/**
 * Compares what should be in a bucket with what is there, object by object, by sha256. Objects of others under the
 * same prefix do not matter.
 */
export async function compareObjects(
  bucket: Bucket,
  prefix: string,
  expected: readonly ManifestEntry[],
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const there = await bucket.list(prefix, signal);
  const found = await mapConcurrently(
    expected,
    REQUESTS,
    signal,
    async ({ path }, either): Promise<ManifestEntry[]> => {
      const key = prefix + path;
      const size = there.get(key);
      const sha256 = size === undefined ? undefined : await bucket.sha256(key, either);
      return size === undefined || sha256 === undefined ? [] : [{ path, size, sha256 }];
    },
  );
  const actual = found.flat();
  const place = `s3://${bucket.name}/${prefix}`;
  const [right, is] = [totalsOf(expected), totalsOf(actual)];
  return [
    { query: `objects in ${place}`, expected: String(right.files), actual: String(is.files) },
    { query: `bytes in ${place}`, expected: String(right.bytes), actual: String(is.bytes) },
    { query: `sha256 over ${place}`, expected: right.sha256, actual: is.sha256 },
    { query: `missing or different objects in ${place}`, expected: "none", actual: differences(expected, actual) },
  ];
}

function differences(expected: readonly ManifestEntry[], actual: readonly ManifestEntry[]): string {
  const found = new Map(actual.map((entry) => [entry.path, entry.sha256]));
  const different = expected.filter(({ path, sha256 }) => found.get(path) !== sha256).map(({ path }) => path);
  return different.length === 0 ? "none" : someOf(different.sort(byUtf8Bytes));
}
