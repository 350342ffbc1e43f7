import { lstat, readlink } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { z } from "zod";
import { EngineError } from "../engine-error";
import { byUtf8Bytes } from "../files/byte-order";
import { manifestEntry, manifestOf } from "../files/manifest";
import { walkDirectory } from "../files/walk";

/**
 * What goes into an archive. All paths are absolute without their first slash, so that sources with equal names do not
 * meet, and `tar -xpf ARCHIVE -C /` puts everything back.
 */
export const archiveContent = z.object({
  files: z.array(manifestEntry),
  directories: z.array(z.string()),
  links: z.array(z.object({ path: z.string(), target: z.string() })),
});
export type ArchiveContent = z.infer<typeof archiveContent>;

/**
 * Reads the sources of an archive. Links are archived as links.
 *
 * @param sources absolute paths
 * @throws EngineError `SourceMissing`, `SourceRefused` (sockets, FIFOs, names that are not UTF-8), `SourceEmpty`
 */
export async function readArchiveContent(sources: readonly string[], signal: AbortSignal): Promise<ArchiveContent> {
  const files = new Set<string>();
  const directories = new Set<string>();
  const links = new Map<string, string>();
  for (const source of sources) {
    const name = relative("/", source);
    const found = await lstat(source).catch(() => undefined);
    if (found === undefined) throw new EngineError("SourceMissing", `there is no ${source} to archive`);
    if (found.isSymbolicLink()) {
      links.set(name, await readlink(source));
    } else if (found.isFile()) {
      files.add(name);
    } else if (found.isDirectory()) {
      const tree = await walkDirectory(source, "keep", signal);
      directories.add(name);
      for (const path of tree.directories) directories.add(`${name}/${path}`);
      for (const path of tree.files) files.add(`${name}/${path}`);
      for (const { path, target } of tree.links) links.set(`${name}/${path}`, target);
    } else {
      throw new EngineError("SourceRefused", `${source} is neither a file nor a directory`);
    }
  }
  if (files.size === 0) {
    throw new EngineError("SourceEmpty", `${sources.join(", ")}: no file to archive; check that the volume is mounted`);
  }
  return {
    files: await manifestOf("/", [...files].sort(byUtf8Bytes), signal),
    directories: [...directories].sort(byUtf8Bytes),
    links: [...links].map(([path, target]) => ({ path, target })).sort((a, b) => byUtf8Bytes(a.path, b.path)),
  };
}

/** @throws EngineError `InvalidProgram` when the archive would be written into what it archives */
export function assertOutside(directory: string, sources: readonly string[]): void {
  const around = sources.find((source) => !relative(resolve(source), directory).startsWith(".."));
  if (around !== undefined) {
    throw new EngineError(
      "InvalidProgram",
      `the directory of the archive, ${directory}, is inside ${around}, which is archived; write it elsewhere`,
    );
  }
}
