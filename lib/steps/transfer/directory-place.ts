import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, open, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { EngineError } from "../../engine/engine-error";
import { rejectAborted, mapConcurrently } from "../../engine/files/concurrently";
import { digestOfFile, type FileDigest, sourceChanged } from "../../engine/files/file-manifest";
import { readIfThere } from "../../core/read-file";
import { replaceFile } from "../../core/replace-file";
import { type SymlinkPolicy, walkDirectory } from "../../engine/files/walk";
import { RESERVED_PREFIX } from "../../engine/objects/bucket";
import type { ObjectAttributes, OpenedObject, Place, PlacedObject } from "./place";

/** Files whose size is read in parallel. */
const READERS = 8;

/** A directory. Files are written to a temporary name and renamed, so that no reader sees a partial file. */
export class DirectoryPlace implements Place {
  readonly location: string;

  /** Incomplete files. */
  private readonly parts: string;
  private partsMade: Promise<unknown> | undefined;

  constructor(
    private readonly root: string,
    private readonly role: "source" | "target",
    private readonly symlinks: SymlinkPolicy,
    transfer: string,
  ) {
    this.parts = this.record(`transfers/${transfer}/parts`);
    this.location = root;
  }

  async list(under: string, signal: AbortSignal): Promise<PlacedObject[]> {
    const inside = join(this.root, under);
    await this.requireRoot();
    if (under !== "" && (await stat(inside).catch(() => undefined)) === undefined) return [];
    const { files } = await walkDirectory(inside, this.symlinks, signal);
    const paths = files.map((file) => under + file).filter((path) => !path.startsWith(RESERVED_PREFIX));
    return mapConcurrently(paths, READERS, signal, async (path) => ({ path, size: await this.sizeOf(path) }));
  }

  async digest(path: string, signal: AbortSignal): Promise<FileDigest | undefined> {
    return ifThere(() => digestOfFile(join(this.root, path), signal));
  }

  async open(path: string, signal: AbortSignal): Promise<OpenedObject | undefined> {
    const file = await ifThere(() => open(join(this.root, path), "r"));
    return file && { content: file.createReadStream({ signal }), attributes: {} };
  }

  async store(
    path: string,
    content: AsyncIterable<Buffer>,
    size: number,
    _attributes: ObjectAttributes,
    signal: AbortSignal,
  ): Promise<undefined> {
    const target = join(this.root, path);
    const temporary = await this.temporary();
    await rejectAborted(signal, async () => {
      try {
        // Flushed to disk before the rename, because the source may be deleted once the copy exists.
        await pipeline(content, createWriteStream(temporary, { flags: "wx", flush: true }), { signal });
        if ((await stat(temporary)).size !== size) throw sourceChanged(path, "its size is another one");
        await this.makeParent(target);
        await rename(temporary, target);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
  }

  /** Removes a file, and the directories that become empty. */
  async remove(path: string): Promise<void> {
    await rm(join(this.root, path), { force: true });
    await this.removeEmpty(dirname(path));
  }

  problemsWith(objects: readonly PlacedObject[]): string[] {
    return fileNameProblems(objects.map(({ path }) => path));
  }

  async tags(): Promise<Readonly<Record<string, string>>> {
    return {};
  }

  async oldVersions(): Promise<string[]> {
    return [];
  }

  async readRecord(name: string): Promise<string | undefined> {
    await this.requireRoot();
    return (await readIfThere(this.record(name)))?.toString("utf8");
  }

  async writeRecord(name: string, text: string): Promise<void> {
    await this.requireRoot();
    await mkdir(dirname(this.record(name)), { recursive: true });
    await replaceFile(this.record(name), text);
  }

  async removeRecord(name: string): Promise<void> {
    await this.remove(RESERVED_PREFIX + name);
  }

  async listRecords(under: string, signal: AbortSignal): Promise<string[]> {
    await this.requireRoot();
    if ((await stat(this.record(under)).catch(() => undefined)) === undefined) return [];
    const { files } = await walkDirectory(this.record(under), "skip", signal);
    return files.map((file) => under + file);
  }

  async close(): Promise<void> {
    if (this.partsMade !== undefined) await this.removeParts();
  }

  private record(name: string): string {
    return join(this.root, RESERVED_PREFIX, name);
  }

  private async requireRoot(): Promise<void> {
    const found = await stat(this.root).catch(() => undefined);
    if (found?.isDirectory()) return;
    throw new EngineError(
      this.role === "source" ? "SourceMissing" : "TargetMissing",
      `${this.root} is no directory; check the path and that its volume is mounted`,
    );
  }

  private async sizeOf(path: string): Promise<number> {
    const found = await ifThere(() => stat(join(this.root, path)));
    if (found === undefined) throw sourceChanged(path, "it disappeared");
    return found.size;
  }

  private async temporary(): Promise<string> {
    // Removes the leftovers of a killed run first: the step holds its ledger's lock, so no other run works on the
    // transfer.
    this.partsMade ??= this.removeParts().then(() => mkdir(this.parts, { recursive: true }));
    await this.partsMade;
    return join(this.parts, randomBytes(8).toString("hex"));
  }

  private async removeParts(): Promise<void> {
    await rm(this.parts, { recursive: true, force: true });
    await this.removeEmpty(dirname(this.parts.slice(this.root.length + 1)));
  }

  private async removeEmpty(path: string): Promise<void> {
    for (let directory = path; directory !== "."; directory = dirname(directory)) {
      try {
        await rmdir(join(this.root, directory));
      } catch {
        return;
      }
    }
  }

  /** A link in the directory must not lead the copy outside of it. */
  private async makeParent(target: string): Promise<void> {
    const parent = dirname(target);
    await mkdir(parent, { recursive: true });
    const [root, real] = [await realpath(this.root), await realpath(parent)];
    if (real === root || real.startsWith(`${root}/`)) return;
    throw new EngineError("TargetConflict", `${parent} leads to ${real}, outside of ${root}; remove the symbolic link`);
  }
}

async function ifThere<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Maximum length of a file name, in UTF-8 bytes (POSIX `NAME_MAX` of the usual file systems). */
const LONGEST_NAME = 255;

/** Why keys cannot be file paths in one directory: `"key" (reason)`. */
export function fileNameProblems(keys: readonly string[]): string[] {
  const files = new Set(keys);
  return keys.flatMap((key) => {
    const problem = nameProblem(key) ?? collision(key, files);
    return problem === undefined ? [] : [`${JSON.stringify(key)} (${problem})`];
  });
}

function nameProblem(key: string): string | undefined {
  const names = key.split("/");
  if (key.includes("\0")) return "a NUL character";
  if (key.endsWith("/")) return "a folder marker, not a file";
  if (names.includes("")) return "an empty name between slashes";
  if (names.includes(".") || names.includes("..")) return "a name that leads elsewhere";
  if (names.some((name) => Buffer.byteLength(name) > LONGEST_NAME)) return `a name of more than ${LONGEST_NAME} bytes`;
  // A lone surrogate would be written as another character.
  return Buffer.from(key).toString() === key ? undefined : "it is not Unicode";
}

/** A name cannot be both a file and a directory. */
function collision(key: string, files: ReadonlySet<string>): string | undefined {
  for (let end = key.lastIndexOf("/"); end > 0; end = key.lastIndexOf("/", end - 1)) {
    const parent = key.slice(0, end);
    if (files.has(parent)) return `${JSON.stringify(parent)} is an object as well`;
  }
  return undefined;
}
