import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The installed package that contains this file. */
export interface SternaPackage {
  /** Folder that holds `package.json`. */
  readonly root: string;

  /** Version of the package, and of the Terraform provider in it. */
  readonly version: string;

  /** The built command line, a script for Node.js. */
  readonly binary: string;
}

/** The relevant part of `package.json`. Those of other packages may lack any of it. */
interface PackageFile {
  readonly name?: string;
  readonly version: string;
  readonly bin: { readonly sterna: string };
}

let found: SternaPackage | undefined;

/** Finds the package: this file runs from `lib` in a checkout and from a bundle in `dist` when installed. */
export function sternaPackage(): SternaPackage {
  return (found ??= findUpwards(__dirname));
}

function findUpwards(directory: string): SternaPackage {
  const file = join(directory, "package.json");
  if (existsSync(file)) {
    const content = JSON.parse(readFileSync(file, "utf8")) as PackageFile;
    if (content.name === "sterna") {
      return { root: directory, version: content.version, binary: join(directory, content.bin.sterna) };
    }
  }
  const parent = dirname(directory);
  if (parent === directory) throw new Error(`no package.json of sterna above ${__dirname}`);
  return findUpwards(parent);
}
