import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { SternaError } from "../../core/errors";

/**
 * Writes a file. A reader sees the old file or the new one, never a part.
 *
 * @param content the whole, or pieces one after the other: a large file need not be in memory
 * @param mode permissions; the default keeps everybody but the owner out
 * @throws SternaError `FileUnwritable`; the old file is as it was
 */
export function replaceFile(file: string, content: string | Iterable<string>, mode: number = 0o600): void {
  const draft = `${file}.${randomUUID()}.draft`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const descriptor = openSync(draft, "wx", mode);
    try {
      for (const block of inBlocks(typeof content === "string" ? [content] : content)) writeAll(descriptor, block);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
  } catch (cause) {
    discard(draft);
    // Pieces are made while they are written, and what goes wrong in that is no matter of the file.
    if (cause instanceof SternaError) throw cause;
    throw new SternaError("FileUnwritable", `${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** Whatever is in the way of the file can be in the way of removing its draft too. */
function discard(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // What went wrong first is what is told.
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
}

/** JSON with two spaces, for its owner only. */
export function writePrivateJson(file: string, value: unknown): void {
  replaceFile(file, `${JSON.stringify(value, undefined, 2)}\n`);
}

const BLOCK_CHARACTERS = 256 * 1024;

/** Puts small pieces of text together, so that not each of them is written on its own. */
export function* inBlocks(pieces: Iterable<string>): Generator<Buffer> {
  let block = "";
  for (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK_CHARACTERS) continue;
    yield Buffer.from(block);
    block = "";
  }
  if (block !== "") yield Buffer.from(block);
}
