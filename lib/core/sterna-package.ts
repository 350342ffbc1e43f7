import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The installed package that this file is part of. */
export interface SternaPackage {
  /** Folder that holds `package.json`. */
  readonly root: string;

  /** Version of the package, and of the Terraform provider in it. */
  readonly version: string;
}

let found: SternaPackage | undefined;

/** Finds the package: this file runs from `lib` in a checkout and from a bundle in `dist` when installed. */
export function sternaPackage(): SternaPackage {
  return (found ??= findUpwards(__dirname));
}

function findUpwards(directory: string): SternaPackage {
  const file = join(directory, "package.json");
  if (existsSync(file)) {
    const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version: string };
    if (name === "sterna") return { root: directory, version };
  }
  const parent = dirname(directory);
  if (parent === directory) throw new Error(`no package.json of sterna above ${__dirname}`);
  return findUpwards(parent);
}
