import type { Dirent } from "node:fs";
import { readdir, readlink, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { someOf } from "../../core/text";
import { EngineError } from "../engine-error";
import { byUtf8Bytes } from "./file-manifest";

/**
 * What to do with symbolic links.
 *
 * - `refuse`: report them as a mistake
 * - `skip`: leave them out
 * - `follow`: take what they point to in their place
 * - `keep`: list them as links
 */
export type SymlinkPolicy = "refuse" | "skip" | "follow" | "keep";

/** Everything under a directory. Paths are relative to it, have `/` between names, and are sorted by their bytes. */
export interface DirectoryTree {
  readonly files: readonly string[];

  /** All directories but the root itself. */
  readonly directories: readonly string[];

  /** The directories without any entry, the root included if it has none (as the empty path). */
  readonly emptyDirectories: readonly string[];

  /** Links that were kept, with the text they hold. */
  readonly links: readonly { readonly path: string; readonly target: string }[];

  /** Links that were skipped. */
  readonly skipped: readonly string[];
}

/**
 * Lists a directory with everything below it, hidden names included.
 *
 * @throws EngineError `SourceMissing` when it is no directory; `SourceRefused`, naming every entry at fault, for
 * sockets, FIFOs, devices, names that are not UTF-8, links under the policy `refuse`, broken or circular links under
 * `follow`
 */
export async function walkDirectory(
  root: string,
  symlinks: SymlinkPolicy,
  signal?: AbortSignal,
): Promise<DirectoryTree> {
  if (!(await isDirectory(root))) {
    throw new EngineError("SourceMissing", `${root} is no directory; check the path and that its volume is mounted`);
  }
  const walk = new Walk(root, symlinks, signal);
  await walk.directory("", [await realpath(root)]);
  return walk.result();
}

class Walk {
  private readonly files: string[] = [];
  private readonly directories: string[] = [];
  private readonly emptyDirectories: string[] = [];
  private readonly links: { path: string; target: string }[] = [];
  private readonly skipped: string[] = [];
  private readonly refused: string[] = [];

  constructor(
    private readonly root: string,
    private readonly symlinks: SymlinkPolicy,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** @param ancestors real paths from the root down to this directory: a link to one of them is a circle */
  async directory(path: string, ancestors: readonly string[]): Promise<void> {
    this.signal?.throwIfAborted();
    const entries = await readdir(join(this.root, path), { encoding: "buffer", withFileTypes: true });
    if (entries.length === 0) {
      this.emptyDirectories.push(path);
    }
    for (const entry of entries) {
      // With text names, Node would replace invalid bytes silently and the file could not be opened again.
      const name = entry.name.toString("utf8");
      const child = path === "" ? name : `${path}/${name}`;
      if (Buffer.from(name).equals(entry.name)) {
        await this.entry(child, entry, ancestors);
      } else {
        this.refused.push(`${JSON.stringify(child)} (its name is not UTF-8)`);
      }
    }
  }

  private async entry(path: string, entry: Dirent<Buffer>, ancestors: readonly string[]): Promise<void> {
    if (entry.isFile()) {
      this.files.push(path);
    } else if (entry.isDirectory()) {
      this.directories.push(path);
      await this.directory(path, [...ancestors, await realpath(join(this.root, path))]);
    } else if (entry.isSymbolicLink()) {
      await this.link(path, ancestors);
    } else {
      this.refused.push(`${JSON.stringify(path)} (neither a file nor a directory)`);
    }
  }

  private async link(path: string, ancestors: readonly string[]): Promise<void> {
    switch (this.symlinks) {
      case "refuse":
        this.refused.push(`${JSON.stringify(path)} (a symbolic link)`);
        return;
      case "skip":
        this.skipped.push(path);
        return;
      case "keep":
        this.links.push({ path, target: await readlink(join(this.root, path)) });
        return;
      case "follow":
        await this.follow(path, ancestors);
    }
  }

  private async follow(path: string, ancestors: readonly string[]): Promise<void> {
    const target = await stat(join(this.root, path)).catch(() => undefined);
    const real = target && (await realpath(join(this.root, path)));
    if (target?.isFile()) {
      this.files.push(path);
    } else if (target?.isDirectory() && !ancestors.includes(real as string)) {
      this.directories.push(path);
      await this.directory(path, [...ancestors, real as string]);
    } else {
      this.refused.push(`${JSON.stringify(path)} (${target ? "a circular or special link" : "a broken link"})`);
    }
  }

  result(): DirectoryTree {
    if (this.refused.length > 0) {
      throw new EngineError(
        "SourceRefused",
        `${this.root} holds ${this.refused.length} ${this.refused.length === 1 ? "entry" : "entries"} that cannot be ` +
          `taken along: ${someOf(this.refused.sort(byUtf8Bytes))}; move them away or change how links are treated`,
      );
    }
    return {
      files: this.files.sort(byUtf8Bytes),
      directories: this.directories.sort(byUtf8Bytes),
      emptyDirectories: this.emptyDirectories.sort(byUtf8Bytes),
      links: this.links.sort((a, b) => byUtf8Bytes(a.path, b.path)),
      skipped: this.skipped.sort(byUtf8Bytes),
    };
  }
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}
