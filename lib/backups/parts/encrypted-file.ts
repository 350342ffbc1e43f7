import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { z } from "zod";
import { EngineError } from "../../engine/engine-error";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
/** NIST SP 800-38D recommends 96 bits for GCM. */
const NONCE_BYTES = 12;

/** An encrypted file. GCM finds every change of it, also of the name that it is bound to. */
const encryptedFile = z.strictObject({
  cipher: z.literal(CIPHER),
  /** Tells keys apart without telling anything about them. */
  key: z.string(),
  nonce: z.base64(),
  tag: z.base64(),
  ciphertext: z.base64(),
});

/**
 * Reads a key of AES-256.
 *
 * @throws EngineError `EncryptionKeyInvalid`, which never holds the text
 */
export function parseKey(text: string): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, "hex") : Buffer.from(trimmed, "base64");
  if (key.length === KEY_BYTES && (/^[0-9a-f]{64}$/i.test(trimmed) || z.base64().safeParse(trimmed).success))
    return key;
  throw new EngineError(
    "EncryptionKeyInvalid",
    `the key has to be ${KEY_BYTES} bytes in base64 or hexadecimal, and this one gives ${key.length} bytes; make one with \`openssl rand -base64 32\``,
  );
}

/** @param name what the file is, without which it cannot be decrypted */
export function encrypt(content: Uint8Array, key: Buffer, name: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(name));
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
  const text = (bytes: Buffer): string => bytes.toString("base64");
  return JSON.stringify({
    cipher: CIPHER,
    key: fingerprint(key),
    nonce: text(nonce),
    tag: text(cipher.getAuthTag()),
    ciphertext: text(ciphertext),
  } satisfies z.output<typeof encryptedFile>);
}

/**
 * @param name what the file is
 * @throws EngineError `EncryptionKeyWrong`, `BackupUnreadable`
 */
export function decrypt(text: string, key: Buffer, name: string): Buffer {
  const file = readEncrypted(text, name);
  if (file.key !== fingerprint(key)) {
    throw new EngineError(
      "EncryptionKeyWrong",
      `${name} was encrypted with the key ${file.key}, and this one is ${fingerprint(key)}; give the key that was used then`,
    );
  }
  try {
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(file.nonce, "base64"))
      .setAAD(Buffer.from(name))
      .setAuthTag(Buffer.from(file.tag, "base64"));
    return Buffer.concat([decipher.update(Buffer.from(file.ciphertext, "base64")), decipher.final()]);
  } catch (cause) {
    throw new EngineError("BackupUnreadable", `${name} was changed since it was encrypted`, { cause });
  }
}

/** A digest that tells nobody without the key whether a guess is right: passwords are short enough to be guessed. */
export function keyedDigest(content: Uint8Array, key: Buffer): string {
  return createHmac("sha256", key).update(content).digest("hex");
}

function readEncrypted(text: string, name: string): z.output<typeof encryptedFile> {
  try {
    return encryptedFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new EngineError("BackupUnreadable", `${name} is no encrypted file`, { cause });
  }
}

function fingerprint(key: Buffer): string {
  return createHmac("sha256", key).update("sterna backup key").digest("hex").slice(0, 16);
}
