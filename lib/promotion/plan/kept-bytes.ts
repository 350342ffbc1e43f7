/** Thousands of changes share one piece of memory: each on its own would be thousands for the garbage collector. */
const SLAB_BYTES = 1024 ** 2;

let slab = Buffer.alloc(0);
let used = 0;

/** Copies bytes to where nobody overwrites them. */
export function keepBytes(bytes: Buffer): Buffer {
  if (bytes.length > SLAB_BYTES / 8) return Buffer.from(bytes);
  if (used + bytes.length > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    used = 0;
  }
  const kept = slab.subarray(used, (used += bytes.length));
  bytes.copy(kept);
  return kept;
}
