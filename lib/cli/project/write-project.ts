import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { SternaError } from "../../core/errors";
import type { ProjectFile } from "./project-files";

/** What a folder may contain before it becomes a project. */
const HARMLESS = [
  ".git",
  ".gitignore",
  ".gitattributes",
  "LICENSE",
  "node_modules",
  "package-lock.json",
  "package.json",
];
/** Files that are extended instead of replaced. */
const EXTENDED = ["package.json", ".gitignore"];

/** Conflicts of a new project with existing files in its folder. */
export interface Obstacles {
  /** Names in the folder that do not belong to an empty project. */
  readonly others: readonly string[];
  /** Files of the new project that exist with different content. */
  readonly replaced: readonly string[];
}

/** Finds files that a new project would be mixed with, or would replace. */
export function findObstacles(directory: string, files: readonly ProjectFile[]): Obstacles {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  const replaced = files.filter(({ path, text }) => {
    const file = join(directory, path);
    return !EXTENDED.includes(path) && existsSync(file) && readFileSync(file, "utf8") !== text;
  });
  return { others: names.filter((name) => !HARMLESS.includes(name)), replaced: replaced.map(({ path }) => path) };
}

/**
 * Writes all files of a project, or none: each is first written to a temporary file, and files that were moved into
 * place are rolled back after an error.
 *
 * @throws SternaError `FileUnwritable`
 */
export function writeProject(directory: string, files: readonly ProjectFile[]): void {
  const undo: (() => void)[] = [];
  let drafts: string | undefined;
  try {
    makeFolder(directory, 0o777, undo);
    const temporary = (drafts = mkdtempSync(join(directory, ".sterna-init-")));
    undo.push(() => rmSync(temporary, { recursive: true, force: true }));
    for (const [index, { text, isPrivate }] of files.entries()) {
      writeFileSync(join(temporary, String(index)), text, { mode: isPrivate ? 0o600 : 0o666, flush: true });
    }
    for (const [index, { path, isPrivate }] of files.entries()) {
      const file = join(directory, path);
      makeFolder(dirname(file), isPrivate ? 0o700 : 0o777, undo);
      if (existsSync(file)) {
        const old = join(temporary, `${index}.old`);
        renameSync(file, old);
        undo.push(() => renameSync(old, file));
      }
      renameSync(join(temporary, String(index)), file);
      undo.push(() => rmSync(file, { force: true }));
    }
  } catch (cause) {
    for (const step of undo.reverse()) step();
    throw new SternaError(
      "FileUnwritable",
      `the project was not written, and ${directory} is as it was: ${(cause as Error).message}`,
      { cause },
    );
  } finally {
    if (drafts !== undefined) rmSync(drafts, { recursive: true, force: true });
  }
}

function makeFolder(directory: string, mode: number, undo: (() => void)[]): void {
  if (existsSync(directory)) return;
  makeFolder(dirname(directory), mode, undo);
  mkdirSync(directory, { mode });
  undo.push(() => rmdirSync(directory));
}
