import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { fileTypeOf } from "../../core/read-file";

const { O_RDONLY, O_NONBLOCK } = constants;

/** What is in the place of a file, and cannot be read as one. */
export class NotRegularFileError extends Error {
  override readonly name = "NotRegularFileError";

  constructor(
    readonly path: string,
    /** `a directory`, `a named pipe (FIFO)`, … */
    readonly what: string,
  ) {
    super(`${path} is ${what}, not a file`);
  }
}

/**
 * Reads a file at once, whatever is in its place: a named pipe would be waited for, and a device read without end.
 *
 * @param longest bytes; a longer file is refused
 * @throws NotRegularFileError
 * @throws what the operating system says: `ENOENT`, `EACCES`, `ELOOP`
 */
export function readRegularFile(path: string, longest: number): string {
  const file = openSync(path, O_RDONLY | O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    assertRegular(stats, path);
    if (stats.size > longest) throw new NotRegularFileError(path, `${stats.size} bytes long`);
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** @throws NotRegularFileError */
export function assertRegular(stats: Stats, path: string): void {
  if (!stats.isFile()) throw new NotRegularFileError(path, fileTypeOf(stats));
}
