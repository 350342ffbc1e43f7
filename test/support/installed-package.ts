import { execa } from "execa";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repositoryRoot } from "./repository";

/** A version of a package that `package.json` of the checkout pins, as npm installs it. */
function pinned(name: string): string {
  const { devDependencies } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  return `${name}@${devDependencies[name]}`;
}

/** The newest `constructs` that the peer range admits, and the oldest. */
export const CONSTRUCTS = { newest: "constructs@10.8.1", oldest: "constructs@10.6.0" } as const;

/** The tarball that would be published, in a temporary folder of its own. */
export class PackedPackage {
  private constructor(
    readonly directory: string,
    readonly tarball: string,
    /** Paths in the tarball, without `package/`. */
    readonly files: readonly string[],
  ) {}

  static async pack(): Promise<PackedPackage> {
    const directory = mkdtempSync(join(tmpdir(), "sterna-installed-"));
    const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", directory];
    const { stdout } = await execa("npm", pack, { cwd: repositoryRoot });
    const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    return new PackedPackage(directory, join(directory, filename), paths);
  }

  path(file: string): string {
    return join(this.directory, file);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/**
 * A project with what users install and nothing else: the packed tarball beside cdktf and the bindings of AWS. Outside of
 * the checkout, whose `node_modules` Node.js would find.
 */
export class InstalledPackage {
  private constructor(
    readonly directory: string,
    /** Paths in the tarball, without `package/`. */
    readonly files: readonly string[],
  ) {}

  static async install(): Promise<InstalledPackage> {
    const { directory, tarball, files } = await PackedPackage.pack();
    const project = new InstalledPackage(directory, files);
    project.write("package.json", JSON.stringify({ name: "shop", private: true }));
    await project.npmInstall(tarball, pinned("cdktf"), pinned("@cdktf/provider-aws"), CONSTRUCTS.newest);
    return project;
  }

  /** Installs packages, from npm's cache where it has them. */
  async npmInstall(...packages: readonly string[]): Promise<void> {
    const options = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    await execa("npm", ["install", ...options, ...packages], { cwd: this.directory });
  }

  write(file: string, content: string): void {
    writeFileSync(join(this.directory, file), content);
  }

  path(file: string): string {
    return join(this.directory, file);
  }

  /** Runs a script with Node.js, and gives what it printed. */
  async node(...args: readonly string[]): Promise<string> {
    return (await execa(process.execPath, args, { cwd: this.directory })).stdout;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
