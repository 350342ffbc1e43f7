import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import nodeModule from "node:module";
import { basename, isAbsolute, join, sep } from "node:path";
import { Script } from "node:vm";
import zlib from "node:zlib";

/** Digest of all files that were built together. Undefined when this file runs from source. */
declare const STERNA_BUILD: string | undefined;

/** Folders of other builds and versions of Node.js that are kept, for projects that use different versions. */
const KEPT_FOLDERS = 8;
const WRITABLE_BY_OTHERS = 0o022;

/** What newer versions of Node.js have: `enableCompileCache` since 22.1, `crc32` since 20.15. */
const { enableCompileCache: enableNodeCache } = nodeModule as { enableCompileCache?: (folder: string) => unknown };
const { crc32 } = zlib as { crc32?: (data: Uint8Array) => number };

export interface CompileCacheOptions {
  /** Folder of the files that are compiled; before Node.js 22.1, those of other packages are left alone. */
  readonly files: string;

  /** What this process does, such as a command; before Node.js 22.1, each purpose has a cache of what it needs. */
  readonly purpose: string | undefined;
}

/**
 * Keeps the bytecode of our files in the user's cache directory, so that the next process need not compile them. Whatever
 * goes wrong, such as a home that is read-only, only means that there is no cache. `NODE_DISABLE_COMPILE_CACHE=1` turns
 * it off, as for Node.js itself.
 *
 * Whoever can write to the cache can run code as the user. So it is never shared: the user must own the folder and
 * its files, and no one else may be able to write to them. Otherwise they are not used.
 */
export function enableCompileCache({ files, purpose = "" }: CompileCacheOptions): void {
  try {
    const folder = cacheFolder(process.env);
    if (folder === undefined) return;
    if (enableNodeCache !== undefined) enableNodeCache(folder);
    else if (crc32 !== undefined) cacheScripts(files, join(folder, `${purposeName(purpose)}.cache`), crc32);
  } catch {
    // A cache is never worth an error.
  }
}

function purposeName(purpose: string): string {
  return /^[a-z][a-z-]{0,19}$/.test(purpose) ? purpose : "other";
}

/** The folder for this build and this Node.js, which is created; nothing where no folder is safe. */
function cacheFolder(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.NODE_DISABLE_COMPILE_CACHE || typeof STERNA_BUILD === "undefined") return undefined;
  const ours = userCaches(environment);
  if (ours === undefined) return undefined;
  const folder = join(ours, `${STERNA_BUILD}-node-${process.version}-${process.arch}`);
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    removeOldFolders(ours);
  }
  return isSafe(lstatSync(ours), "directory") && isSafe(lstatSync(folder), "directory") ? folder : undefined;
}

/** Sterna's folder in the user's cache directory. A relative path is ignored (XDG Base Directory Specification). */
export function userCaches({ XDG_CACHE_HOME = "", HOME = "" }: NodeJS.ProcessEnv): string | undefined {
  if (isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, "sterna");
  return isAbsolute(HOME) ? join(HOME, ".cache", "sterna") : undefined;
}

/** Whether no other user can have written it. */
export function isSafe(found: NonNullable<ReturnType<typeof lstatSync>>, type: "directory" | "file"): boolean {
  const isOfType = type === "directory" ? found.isDirectory() : found.isFile();
  return isOfType && found.uid === process.getuid?.() && (Number(found.mode) & WRITABLE_BY_OTHERS) === 0;
}

function removeOldFolders(ours: string): void {
  const folders = readdirSync(ours).filter((name) => /^[0-9a-f]{16}-node-v/.test(name));
  const byAge = folders.map((name) => ({ path: join(ours, name), time: statSync(join(ours, name)).mtimeMs }));
  for (const { path } of byAge.sort((a, b) => b.time - a.time).slice(KEPT_FOLDERS)) rmSync(path, { recursive: true });
}

/** Bytecode of a file. The engine verifies neither its source nor, in release builds, that it is undamaged. */
interface CachedScript {
  readonly source: number;
  readonly checksum: number;
  readonly data: Buffer;
}

/** Compiles files through `vm.Script`, with the bytecode of earlier processes, and adds what is missing at the end. */
function cacheScripts(files: string, cache: string, checksum: (data: Uint8Array) => number): void {
  const known = readCache(cache);
  const loaded: { name: string; source: number; script: Script }[] = [];
  let isComplete = true;
  const compile = require.extensions[".js"]!;
  require.extensions[".js"] = (loading, path) => {
    if (!path.startsWith(files + sep)) return compile(loading, path);
    const content = readFileSync(path);
    const [name, source] = [basename(path), checksum(content)];
    const found = known.get(name);
    const isUsable = found?.source === source && checksum(found.data) === found.checksum;
    const script = new Script(nodeModule.wrap(content.toString("utf8")), {
      filename: path,
      cachedData: isUsable ? found.data : undefined,
    });
    known.delete(name);
    loaded.push({ name, source, script });
    isComplete &&= isUsable && !script.cachedDataRejected;
    const run = script.runInThisContext() as (...args: unknown[]) => void;
    run.call(loading.exports, loading.exports, nodeModule.createRequire(path), loading, path, join(path, ".."));
  };
  process.once("exit", () => {
    if (isComplete) return;
    // Also of the files that were known: more of their functions are compiled by now.
    const added = loaded.map(({ name, source, script }): [string, CachedScript] => {
      const data = script.createCachedData();
      return [name, { source, checksum: checksum(data), data }];
    });
    try {
      // Other processes may have added to it in the meantime.
      writeCache(cache, new Map([...readCache(cache), ...added]));
    } catch {
      // A full disk, a folder that was removed.
    }
  });
}

/** A line of JSON that lists the scripts, then their bytecode. Nothing from a file that is missing, unsafe or damaged. */
function readCache(path: string): Map<string, CachedScript> {
  const scripts = new Map<string, CachedScript>();
  try {
    const content = readSafely(path);
    const end = content.indexOf("\n");
    let offset = end + 1;
    const listed = JSON.parse(content.toString("utf8", 0, end)) as [string, number, number, number][];
    for (const [name, source, checksum, length] of listed) {
      scripts.set(name, { source, checksum, data: content.subarray(offset, (offset += length)) });
    }
  } catch {
    return new Map();
  }
  return scripts;
}

/** @throws Error if the file is missing, a link, or could be written by others */
export function readSafely(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    if (!isSafe(fstatSync(file), "file")) throw new Error(`${path} could be written by others`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function writeCache(path: string, scripts: ReadonlyMap<string, CachedScript>): void {
  const listed = [...scripts].map(([name, { source, checksum, data }]) => [name, source, checksum, data.length]);
  const content = [Buffer.from(`${JSON.stringify(listed)}\n`), ...[...scripts.values()].map(({ data }) => data)];
  const draft = `${path}.${process.pid}.draft`;
  try {
    writeFileSync(draft, Buffer.concat(content), { flag: "wx", mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
