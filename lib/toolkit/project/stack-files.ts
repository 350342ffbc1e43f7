import { createHash } from "node:crypto";
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  statSync,
  type Stats,
} from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { STACK_MANIFEST_FILE } from "../../manifest/stack-manifest";
import { sha256 } from "../../manifest/checksum";
import type { DeclaredDifferences } from "../../promotion/plan/fingerprint";
import type { FileContent, ReferencedFiles } from "../../promotion/plan/expressions";

const CHUNK_BYTES = 1024 * 1024;
/** Larger files are compared as a whole, without looking for declared differences. */
const LARGEST_TEXT = 4 * 1024 * 1024;
const SPECIAL = "neither a file nor a folder";

/**
 * Files that Terraform, the providers and Sterna leave in a stack's folder, by exact name. They may change without
 * affecting an apply: states, locks, and the unpacked providers, whose digests are in the lock file.
 */
const LEFT_BEHIND = [
  /^terraform\.tfstate(?:\.backup|\.\d+\.backup)?$/,
  /^terraform\.tfstate\.d\/[^/]+\/(?:terraform\.tfstate(?:\.backup)?|\.terraform\.tfstate\.lock\.info)$/,
  /^\.terraform\.tfstate\.lock\.info$/,
  /^errored\.tfstate$/,
  /^crash(?:\.\d+)?\.log$/,
  /^\.terraform\/(?:providers|sterna-init|terraform\.tfstate(?:\.backup)?)$/,
  /^\.terraform\/modules\/[^/]+\/\.git$/,
  /^terraform\.d\/plugins$/,
];

/** Parts of a stack's folder that are compared separately, or belong to the environment: not inputs of a program. */
const OWN = new Set(["cdk.tf.json", STACK_MANIFEST_FILE, ".terraform", ".terraform.lock.hcl", "terraform.d"]);

/** Every file in a stack's folder with its SHA-256, including files outside that links point to. */
export function digestsIn(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  walk(directory, "", [], (name, file) => (found[name] = file === undefined ? SPECIAL : digestOfFile(file)));
  return found;
}

/** SHA-256 of a file of any size. Does not read pipes or devices, which might never end. */
export function digestOfFile(file: string): string {
  if (!statSync(file).isFile()) return SPECIAL;
  const hash = createHash("sha256");
  const descriptor = openSync(file, "r");
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let length; (length = readSync(descriptor, chunk)) > 0;) hash.update(chunk.subarray(0, length));
  } finally {
    closeSync(descriptor);
  }
  return hash.digest("hex");
}

/** The files of a stack, as named in its configuration. */
export class StackFiles implements ReferencedFiles {
  private readonly contents = new Map<string, FileContent | undefined>();
  private readonly directory: string;
  private readonly project: string;

  /**
   * @param directory folder of the stack
   * @param project folder of the project: what is outside of it belongs to the machine
   * @param workspace folder of Sterna's own files
   */
  constructor(
    directory: string,
    project: string,
    private readonly workspace: string,
    private readonly differences: DeclaredDifferences,
  ) {
    this.directory = resolve(directory);
    this.project = resolve(project);
  }

  of(path: string, isPath: boolean): FileContent | undefined {
    const file = resolve(this.directory, path);
    const name = relative(this.directory, file);
    if (isInside(this.directory, file) ? isLeftBehind(name) || OWN.has(name.split(sep)[0]!) : !this.isOfProject(file)) {
      return undefined;
    }
    const stats = statsOf(file);
    if (stats === undefined) return undefined;
    if (stats.isDirectory()) return isPath && isInside(this.directory, file) ? this.content(file) : undefined;
    return this.content(file);
  }

  all(): ReadonlyMap<string, FileContent> {
    const names = readdirSync(this.directory).filter((name) => !OWN.has(name) && !isLeftBehind(name));
    return new Map(names.sort().map((name) => [name, this.content(join(this.directory, name))]));
  }

  module(name: string): FileContent | undefined {
    const manifest = join(this.directory, ".terraform", "modules", "modules.json");
    let modules: unknown;
    try {
      modules = (JSON.parse(readFileSync(manifest, "utf8")) as { Modules?: unknown }).Modules;
    } catch {
      return undefined;
    }
    const found = (Array.isArray(modules) ? (modules as { Key?: unknown; Dir?: unknown }[]) : []).filter(
      ({ Key, Dir }) => typeof Dir === "string" && (Key === name || String(Key).startsWith(`${name}.`)),
    );
    if (found.length === 0) return undefined;
    const contents = found.map(
      ({ Key, Dir }) => [String(Key), this.content(join(this.directory, String(Dir)))] as const,
    );
    return joined(contents);
  }

  others(overrides: boolean): FileContent | undefined {
    const names = readdirSync(this.directory)
      .filter((name) => name !== "cdk.tf.json" && /\.(?:tf|tofu)(?:\.json)?$/.test(name))
      .filter((name) => !overrides || /(?:^|_)override\./.test(name));
    if (names.length === 0) return undefined;
    return joined(names.sort().map((name) => [name, this.content(join(this.directory, name))] as const));
  }

  /** What Sterna and Terraform write in the project is not an input. */
  private isOfProject(file: string): boolean {
    return isInside(this.project, file) && !isInside(this.workspace, file) && !/\.tfstate(?:\.|$)/.test(file);
  }

  private content(file: string): FileContent {
    let found = this.contents.get(file);
    if (found === undefined) this.contents.set(file, (found = this.read(file)));
    return found;
  }

  private read(file: string): FileContent {
    const stats = statsOf(file);
    if (stats === undefined || !(stats.isFile() || stats.isDirectory())) return { raw: SPECIAL, rest: SPECIAL };
    if (stats.isDirectory()) {
      const parts: (readonly [string, FileContent])[] = [];
      walk(file, "", [], (name, path) => {
        // Git's own files in a cloned module are not part of the module.
        if (name.startsWith(".git/")) return;
        const content = path === undefined ? { raw: SPECIAL, rest: SPECIAL } : this.content(path);
        parts.push([this.differences.takeOut(name) ?? name, content]);
      });
      return joined(parts);
    }
    const raw = digestOfFile(file);
    if (stats.size > LARGEST_TEXT) return { raw, rest: raw };
    const rest = this.differences.takeOut(readFileSync(file, "utf8"));
    return { raw, rest: rest === undefined ? raw : sha256(rest) };
  }
}

function joined(parts: readonly (readonly [string, FileContent])[]): FileContent {
  const text = (form: keyof FileContent) =>
    sha256(JSON.stringify(parts.map(([name, content]) => [name, content[form]])));
  return { raw: text("raw"), rest: text("rest") };
}

/**
 * Visits the content of a folder, in the order of the names.
 *
 * @param above real paths of the folders on the way here, to detect links that lead back
 * @param take receives no path for what cannot be read as a file: a pipe, a device, a broken link
 */
function walk(
  directory: string,
  prefix: string,
  above: readonly string[],
  take: (name: string, file: string | undefined) => void,
): void {
  const stats = statsOf(directory);
  if (stats === undefined) return;
  const real = realpathSync(directory);
  if (above.includes(real)) return take(prefix.slice(0, -1), undefined);
  for (const entry of readdirSync(directory).sort()) {
    const name = `${prefix}${entry}`;
    if (isLeftBehind(name)) continue;
    const path = join(directory, entry);
    const found = statsOf(path);
    if (found?.isDirectory()) walk(path, `${name}/`, [...above, real], take);
    else take(name, found?.isFile() ? path : undefined);
  }
}

function isLeftBehind(name: string): boolean {
  return LEFT_BEHIND.some((pattern) => pattern.test(name.split(sep).join("/")));
}

function isInside(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Of the link's target, or of the link itself if it is broken. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // An invalid file name, or a link that refers to itself.
    return undefined;
  }
}
