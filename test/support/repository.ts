import { mkdirSync, mkdtempSync } from "node:fs";
import { join, resolve } from "node:path";

/** Top folder of the checkout. */
export const repositoryRoot = resolve(__dirname, "../..");

/** Folder for what tests leave behind; git ignores it. */
export const scratchRoot = join(repositoryRoot, ".test");

/**
 * Makes a new folder under the ignored `.test/`, which is also where people look after a failure.
 * @param name beginning of the folder's name
 */
export function scratchDirectory(name: string): string {
  mkdirSync(scratchRoot, { recursive: true });
  return mkdtempSync(join(scratchRoot, `${name}-`));
}
