import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { SternaError } from "./errors";

/** Without O_NONBLOCK, opening a named pipe blocks until another process opens it for writing. */
const AT_ONCE = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Reads a regular file. Refuses everything else: a named pipe would block, and a device may never end.
 *
 * @param what names the file in the message, such as `the script up.sql`
 * @throws SternaError `FileUnreadable`
 */
export function readWholeFile(path: string, what: string = path): Buffer {
  try {
    const file = openSync(path, AT_ONCE);
    try {
      const stats = fstatSync(file);
      if (stats.isFile()) return readFileSync(file);
      throw notAFile(stats);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw unreadable(what, cause);
  }
}

/**
 * The text of a file, without a byte order mark.
 *
 * @param what names the file in the message
 * @throws SternaError `FileUnreadable`, `FileNotUtf8`
 */
export function readUtf8File(path: string, what: string = path): string {
  const content = readWholeFile(path, what);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
    // UTF-16 text without a byte order mark can be valid UTF-8 with a NUL after each letter.
    if (!text.includes("\0")) return text;
  } catch (cause) {
    throw notUtf8(what, cause);
  }
  throw notUtf8(what);
}

/**
 * Reads a regular file if it exists.
 *
 * @throws SternaError `FileUnreadable` if it is not a regular file
 * @throws errors of the operating system, such as `EACCES` and `ELOOP`
 */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, AT_ONCE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const stats = await file.stat();
    if (stats.isFile()) return await file.readFile();
    throw unreadable(path, notAFile(stats));
  } finally {
    await file.close();
  }
}

/** The type of a file that is not regular: `a directory`, `a named pipe (FIFO)`, … */
export function fileTypeOf(stats: Stats): string {
  if (stats.isDirectory()) return "a directory";
  if (stats.isFIFO()) return "a named pipe (FIFO)";
  if (stats.isSocket()) return "a socket";
  if (stats.isSymbolicLink()) return "a symbolic link";
  return "a device";
}

function notAFile(stats: Stats): Error {
  return new Error(`it is ${fileTypeOf(stats)}, not a file`);
}

function unreadable(what: string, cause: unknown): SternaError {
  return new SternaError("FileUnreadable", `${what} cannot be read: ${(cause as Error).message}`, { cause });
}

function notUtf8(what: string, cause?: unknown): SternaError {
  return new SternaError("FileNotUtf8", `${what} is not UTF-8; save it as UTF-8`, { cause });
}
