import { readFileSync } from "node:fs";
import { SternaError } from "../core/errors";

/** Scripts that stand in files of the project. */
export const Script = {
  /**
   * The text of a file. It becomes part of the program: what is reviewed in the plan is what runs, whatever happens to
   * the file in between. A byte order mark is left out, and lines end with a line feed, so that a checkout on Windows
   * gives the same program.
   *
   * @param path absolute, or relative to the project
   * @throws SternaError `FileUnreadable`, `FileNotUtf8`
   */
  fromFile(path: string): string {
    return decode(read(path), path).replace(/\r\n/g, "\n");
  },
} as const;

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SternaError("FileUnreadable", `the script ${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function decode(content: Uint8Array, path: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
    // UTF-16 without a byte order mark is valid UTF-8, with a NUL beside each letter; no server and no shell takes one.
    if (!text.includes("\0")) return text;
  } catch (cause) {
    throw notUtf8(path, cause);
  }
  throw notUtf8(path);
}

function notUtf8(path: string, cause?: unknown): SternaError {
  return new SternaError("FileNotUtf8", `the script ${path} is not UTF-8; save it as UTF-8`, { cause });
}
