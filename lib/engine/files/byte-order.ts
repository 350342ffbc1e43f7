/**
 * Compares two texts by their UTF-8 bytes: the order of S3 listings and of PostgreSQL's collation `C`, so that digests
 * over sorted lines agree wherever they are computed. JavaScript's own order differs beyond U+FFFF.
 */
export function byUtf8Bytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
