import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { readDotenv } from "../../engine/dotenv/read-dotenv";
import { EngineError } from "../../engine/engine-error";
import { readIfThere } from "../../core/read-file";
import { replaceFile } from "../../core/replace-file";
import type { PartOf } from "../plan/backup-plan";
import {
  assertNotEmpty,
  assertRestored,
  compareCounts,
  type PartContent,
  type PartContext,
  type PartKind,
} from "./part-kind";
import { assertFree, exists, keptPath, resumeSwap } from "./directory";
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { z } from "zod";

type EnvFilePart = PartOf<"env-file">;

/** A dotenv file, encrypted: its secrets are never written in plain text. */
export const envFilePart: PartKind<"env-file"> = {
  restorePrograms: [],

  // Some kilobytes.
  size: async () => ({ stored: 0, readBack: 0 }),

  async backUp(part, context) {
    const key = await keyOf(part, context);
    const content = await readIfThere(part.path);
    if (content === undefined) throw new EngineError("SourceMissing", `there is no ${part.path} to back up`);
    const described = describe(content, key, part.path);
    assertNotEmpty(part.id, described.counts["variables"]!, false, `${part.path} defines no variable`);
    await replaceFile(encryptedPath(part, context), encrypt(content, key, boundName(part)));
    if (!(await readEncrypted(part, key, context)).equals(content)) {
      throw new EngineError("BackupUnreadable", `${part.id}: the encrypted file does not give back what went into it`);
    }
    return described;
  },

  async check(part, _record, context) {
    await readEncrypted(part, await keyOf(part, context), context);
  },

  async drill(part, record, context) {
    const key = await keyOf(part, context);
    return compareCounts(part.id, record, describe(await readEncrypted(part, key, context), key, part.path));
  },

  async restore(part, record, context) {
    const key = await keyOf(part, context);
    const content = await readEncrypted(part, key, context);
    assertRestored(compareCounts(part.id, record, describe(content, key, part.path)));
    const kept = keptPath(part.path, context);
    await assertFree(kept);
    const there = await exists(part.path);
    if (there) await rename(part.path, kept);
    await replaceFile(part.path, content);
    return { part: part.id, place: part.path, ...(there && { kept }) };
  },

  async resume(part, record, context) {
    return resumeSwap(part, context, async () => {
      const key = await keyOf(part, context);
      return compareCounts(part.id, record, describe(await readFile(part.path), key, part.path));
    });
  },

  async confirm(part, context) {
    const kept = keptPath(part.path, context);
    if (!(await exists(kept))) return [];
    await rm(kept);
    return [kept];
  },
};

function encryptedPath(part: EnvFilePart, { folder }: PartContext): string {
  return join(folder, `${part.id}.env.encrypted`);
}

/** Bound to its name, so that an encrypted file cannot be decrypted in place of another one. */
function boundName(part: EnvFilePart): string {
  return `env-file ${part.id}`;
}

async function keyOf(part: EnvFilePart, context: PartContext): Promise<Buffer> {
  return parseKey(await context.resolve(part.key));
}

async function readEncrypted(part: EnvFilePart, key: Buffer, context: PartContext): Promise<Buffer> {
  return decrypt(await readFile(encryptedPath(part, context), "utf8"), key, boundName(part));
}

function describe(content: Uint8Array, key: Buffer, path: string): PartContent & { settings: Record<string, string> } {
  return {
    counts: { variables: readDotenv(content, path).variables.size, bytes: content.length },
    digests: { content: keyedDigest(content, key) },
    versions: {},
    settings: { path },
  };
}

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
/** NIST SP 800-38D recommends 96 bits for GCM. */
const NONCE_BYTES = 12;

/** An encrypted file. GCM detects any change of it or of the name that it is bound to. */
const encryptedFile = z.strictObject({
  cipher: z.literal(CIPHER),
  /** Identifies the key without revealing anything about it. */
  key: z.string(),
  nonce: z.base64(),
  tag: z.base64(),
  ciphertext: z.base64(),
});

/**
 * Reads a key of AES-256.
 *
 * @throws EngineError `EncryptionKeyInvalid`, which never contains the text
 */
function parseKey(text: string): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, "hex") : Buffer.from(trimmed, "base64");
  if (key.length === KEY_BYTES && (/^[0-9a-f]{64}$/i.test(trimmed) || z.base64().safeParse(trimmed).success))
    return key;
  throw new EngineError(
    "EncryptionKeyInvalid",
    `the key has to be ${KEY_BYTES} bytes in base64 or hexadecimal, and this one gives ${key.length} bytes; make one with \`openssl rand -base64 32\``,
  );
}

/** @param name identity of the file, required to decrypt it */
function encrypt(content: Uint8Array, key: Buffer, name: string): string {
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
 * @param name identity of the file
 * @throws EngineError `EncryptionKeyWrong`, `BackupUnreadable`
 */
function decrypt(text: string, key: Buffer, name: string): Buffer {
  const file = parseEncrypted(text, name);
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

/** A keyed digest, so that no one without the key can verify a guess: passwords are short enough to be guessed. */
function keyedDigest(content: Uint8Array, key: Buffer): string {
  return createHmac("sha256", key).update(content).digest("hex");
}

function parseEncrypted(text: string, name: string): z.output<typeof encryptedFile> {
  try {
    return encryptedFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new EngineError("BackupUnreadable", `${name} is no encrypted file`, { cause });
  }
}

function fingerprint(key: Buffer): string {
  return createHmac("sha256", key).update("sterna backup key").digest("hex").slice(0, 16);
}
