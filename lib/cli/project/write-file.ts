import { randomUUID } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { SternaError } from "../../core/sterna-error";

/**
 * Writes a file. A reader sees the old file or the new one, never a part.
 *
 * @param mode permissions; the default keeps everybody but the owner out
 * @throws SternaError `FileUnwritable`; the old file is as it was
 */
export function replaceFile(file: string, content: string | Uint8Array, mode: number = 0o600): void {
  const draft = `${file}.${randomUUID()}.draft`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(draft, content, { mode });
    renameSync(draft, file);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw new SternaError("FileUnwritable", `${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

/** JSON with two spaces, for its owner only. */
export function writePrivateJson(file: string, value: unknown): void {
  replaceFile(file, `${JSON.stringify(value, undefined, 2)}\n`);
}
