import { byUtf8Bytes } from "../files/byte-order";
import { mapConcurrently } from "../files/concurrently";
import { type ManifestEntry, totalsOf } from "../files/manifest";
import type { CheckResult } from "../kinds/step-kind";
import { someOf } from "../some-of";
import type { Bucket } from "./bucket";
import { REQUESTS } from "./remove-copies";

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
