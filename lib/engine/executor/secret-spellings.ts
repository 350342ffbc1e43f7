/** Encoded, a shorter secret is too few characters to be told from others. */
const SHORTEST_ENCODED = 8;
/** Bytes that four characters of base64 hold. */
const BASE64_GROUP = 3;
const BASE64_BITS = 6;

/** A secret as programs print it: as it is, in a URL, in JSON, and in base64, where other bytes may stand around it. */
export function spellingsOf(secret: string): string[] {
  if (secret.length < SHORTEST_ENCODED) return [secret];
  return [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...inBase64(secret)])];
}

/**
 * What does not change in the base64 of any text with the secret in it, such as the `user:password` of HTTP: it depends
 * on where the secret begins in a group of three bytes. The characters at both ends may hold bits of the neighbours.
 */
function inBase64(secret: string): string[] {
  return Array.from({ length: BASE64_GROUP }, (_, offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    const [from, to] = [Math.ceil((offset * 8) / BASE64_BITS), Math.floor((bytes.length * 8) / BASE64_BITS)];
    return (["base64", "base64url"] as const).map((encoding) => bytes.toString(encoding).slice(from, to));
  }).flat();
}
