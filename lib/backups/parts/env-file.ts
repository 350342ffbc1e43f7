import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { readDotenv } from "../../engine/dotenv/read-dotenv";
import { EngineError } from "../../engine/engine-error";
import { readIfThere, replaceFile } from "../../engine/files/replace-file";
import type { PartOf } from "../plan/backup-plan";
import {
  assertNotEmpty,
  assertRestored,
  compareCounts,
  type PartContent,
  type PartContext,
  type PartKind,
} from "./part-kind";
import { assertFree, exists, keptPath } from "./directory";
import { decrypt, encrypt, keyedDigest, parseKey } from "./encrypted-file";

type EnvFilePart = PartOf<"env-file">;

/** A dotenv file, encrypted: the secrets in it are never written down plain. */
export const envFilePart: PartKind<"env-file"> = {
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

/** An encrypted file that was put in the place of another one cannot be decrypted. */
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
