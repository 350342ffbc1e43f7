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

/** The content of a file: all of it, or a sequence of pieces, so that a large file need not be in memory. */
export type FileContent = string | Uint8Array | Iterable<string>;

/** Permissions of a file and of the directories created for it, before the umask. */
export interface Permissions {
  /** @default 0o600, for its owner alone */
  readonly mode?: number;

  /**
   * Whether a replaced file keeps its permissions, whatever the umask is. `mode` then only applies to a new file.
   * @default false
   */
  readonly keepMode?: boolean;

  /**
   * `"none"` creates no directories, so a missing one is an error.
   * @default 0o700, for their owner alone
   */
  readonly folderMode?: number | "none";
}

/**
 * Replaces a file atomically and durably: other processes see either the old or the new content, also after a power
 * failure. Creates missing directories.
 */
export function replaceFileSync(path: string, content: FileContent, permissions: Permissions = {}): void {
  const { mode = 0o600, keepMode = false, folderMode = 0o700 } = permissions;
  const draft = draftOf(path);
  try {
    if (folderMode !== "none") mkdirSync(dirname(path), { recursive: true, mode: folderMode });
    const file = openSync(draft, "wx", mode);
    try {
      // Not `writeSync`: on a full disk it writes a part and reports no error.
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
 * `replaceFileSync` with an error message for the user.
 *
 * @throws SternaError `FileUnwritable`; the old file is as it was
 */
export function writeWholeFile(path: string, content: FileContent, permissions: Permissions = {}): void {
  try {
    replaceFileSync(path, content, permissions);
  } catch (cause) {
    // The pieces are produced while writing. Their errors are unrelated to the file.
    if (cause instanceof SternaError) throw cause;
    throw new SternaError("FileUnwritable", `${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** JSON with two spaces, for its owner only. */
export function writePrivateJson(path: string, value: unknown): void {
  writeWholeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * The asynchronous form of `replaceFileSync`.
 *
 * @param mode its permissions; by default only its owner can read it
 */
export async function replaceFile(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const draft = draftOf(path);
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(content);
      // Independent of the umask: the file is as open as the one it replaces, and no more.
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

/** Makes a rename or a removal in a directory durable. Windows cannot open directories. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the content of a file durable. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Creates or replaces an empty file that only its owner can read, for a program to write to. */
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

/** A name that no other process uses, with an extension that directory listings do not match. */
function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}.draft`);
}

/** What prevents writing the file can also prevent removing its draft. */
function discard(draft: string): void {
  try {
    rmSync(draft, { force: true });
  } catch {
    // Report the first error.
  }
}

function blocksOf(content: FileContent): Iterable<string | Uint8Array> {
  return typeof content === "string" || content instanceof Uint8Array ? [content] : inBlocks(content);
}

const BLOCK_CHARACTERS = 256 * 1024;

/** Joins small pieces of text, to write fewer and larger ones. */
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
