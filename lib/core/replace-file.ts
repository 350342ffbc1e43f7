import { randomUUID } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { SternaError } from "./errors";

/** What a file is made of: the whole, or pieces one after the other, so that a large one need not be in memory. */
export type FileContent = string | Uint8Array | Iterable<string>;

/** Permissions of a file and of the folders that are made for it, less what the umask takes away. */
export interface Permissions {
  /** @default 0o600, for its owner alone */
  readonly mode?: number;

  /**
   * Whether a file that is replaced hands its permissions on, whatever the umask is; `mode` is for a new one then.
   * @default false
   */
  readonly keepMode?: boolean;

  /**
   * `"none"` makes no folder: one that is missing is a mistake then.
   * @default 0o700, for their owner alone
   */
  readonly folderMode?: number | "none";
}

/**
 * Writes a file, all or nothing: other processes see the old file or the whole new one, and after a power failure it is
 * one of the two as well. Folders that are missing are made.
 */
export function replaceFileSync(path: string, content: FileContent, permissions: Permissions = {}): void {
  const { mode = 0o600, keepMode = false, folderMode = 0o700 } = permissions;
  const draft = draftOf(path);
  try {
    if (folderMode !== "none") mkdirSync(dirname(path), { recursive: true, mode: folderMode });
    const file = openSync(draft, "wx", mode);
    try {
      // Not `writeSync`: on a disk that becomes full it writes a part and reports no error.
      for (const block of blocksOf(content)) writeFileSync(file, block);
      const kept = keepMode ? statSync(path, { throwIfNoEntry: false })?.mode : undefined;
      if (kept !== undefined) fchmodSync(file, kept);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    discard(draft);
    throw error;
  }
  syncDirectorySync(dirname(path));
}

/**
 * Writes a file as `replaceFileSync` does, for a person who has to hear what is in the way.
 *
 * @throws SternaError `FileUnwritable`; the old file is as it was
 */
export function writeWholeFile(path: string, content: FileContent, permissions: Permissions = {}): void {
  try {
    replaceFileSync(path, content, permissions);
  } catch (cause) {
    // Pieces are made while they are written, and what goes wrong in that has nothing to do with the file.
    if (cause instanceof SternaError) throw cause;
    throw new SternaError("FileUnwritable", `${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** JSON with two spaces, for its owner only. */
export function writePrivateJson(path: string, value: unknown): void {
  writeWholeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * Writes a file as `replaceFileSync` does, without blocking.
 *
 * @param mode its permissions; by default only its owner can read it
 */
export async function replaceFile(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const draft = draftOf(path);
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(content);
      // The umask does not count: the file is to be as open as the one it replaces, and no more.
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes a rename or a removal in a directory last through a power failure. Windows opens no directories. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the content of a file last through a power failure. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** An empty file that only its owner can read, for a program that will write into it; replaces what is there. */
export async function createPrivateFile(path: string): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, "wx", 0o600);
  await file.close();
}

function syncDirectorySync(directory: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** A name that no other process uses, hidden from whoever lists the folder by ending. */
function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}.draft`);
}

/** Whatever is in the way of the file can be in the way of removing its draft too. */
function discard(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // What went wrong first is what is told.
  }
}

function blocksOf(content: FileContent): Iterable<string | Uint8Array> {
  return typeof content === "string" || content instanceof Uint8Array ? [content] : inBlocks(content);
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
