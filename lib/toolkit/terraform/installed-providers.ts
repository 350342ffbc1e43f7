import { createHash } from "node:crypto";
import { createReadStream, existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { isSafe, readSafely, userCaches } from "../../core/compile-cache";
import { SternaError } from "../../core/errors";
import { readUtf8File } from "../../core/read-file";
import { writePrivateJson } from "../../core/replace-file";
import { sha256 } from "../../manifest/checksum";

/** Providers that are attached, by the last two parts of their addresses. */
const ATTACHED = ["sterna/sterna", "hashicorp/aws"];

/** A provider that `terraform init` installed in the folder of a stack. */
export interface InstalledProvider {
  /** Full source address: `registry.terraform.io/sterna/sterna`. */
  readonly address: string;
  /** Folder of the package. */
  readonly directory: string;
  readonly executable: string;
  /** Hashes of the package in the lock file, in the scheme `h1`. */
  readonly hashes: readonly string[];
}

const requirement = z.union([
  z.looseObject({ source: z.string().optional() }),
  // A version alone, as before Terraform 0.13.
  z.string().transform((): { source?: string | undefined } => ({})),
]);
const blocks = z.union([z.array(z.looseObject({})), z.looseObject({}).transform((block) => [block])]);

/** The parts of a `cdk.tf.json` that are read. */
const configuredStack = z.looseObject({
  terraform: z
    .looseObject({
      required_providers: z.record(z.string(), requirement).optional(),
      cloud: z.unknown().optional(),
      backend: z.looseObject({ remote: z.unknown().optional() }).optional(),
    })
    .optional(),
  provider: z.record(z.string(), blocks).optional(),
  module: z.unknown().optional(),
});

/**
 * The providers of an initialized stack that may serve a whole command from one process.
 *
 * A process that is attached serves every configuration of its provider, and the last one wins. So a provider with more
 * than one, with an alias, or with one that only a module could have, is left to Terraform, which starts a process for
 * each.
 *
 * @param directory folder of the stack
 * @param data Terraform's data folder in it, by default `.terraform`
 */
export function attachableProviders(directory: string, data: string): InstalledProvider[] {
  const { data: stack } = configuredStack.safeParse(JSON.parse(readUtf8File(join(directory, "cdk.tf.json"))));
  // Terraform accepts more shapes than are read here, and starts the providers itself.
  if (stack === undefined) return [];
  // Terraform runs elsewhere.
  if (stack.terraform?.cloud !== undefined || stack.terraform?.backend?.remote !== undefined) return [];
  if (hasOtherConfigurations(directory, data, stack.module !== undefined)) return [];
  const sources = Object.entries(stack.terraform?.required_providers ?? {});
  return ATTACHED.flatMap((name) => {
    const locals = sources.filter(([local, { source }]) => isOf(source ?? local, name)).map(([local]) => local);
    const configurations = locals.flatMap((local) => stack.provider?.[local] ?? []);
    const isSingle = configurations.length <= 1 && configurations.every((each) => !("alias" in each));
    const found = locals.length === 1 && isSingle ? installedProvider(name, directory, data) : undefined;
    return found === undefined ? [] : [found];
  });
}

/** `aws` and `hashicorp/aws` are the same provider. */
function isOf(source: string, name: string): boolean {
  return `hashicorp/${source}`.split("/").slice(-2).join("/") === name;
}

/** Whether files other than `cdk.tf.json` may configure a provider. */
function hasOtherConfigurations(directory: string, data: string, hasModules: boolean): boolean {
  if (configurationsIn(directory).some((name) => name !== "cdk.tf.json")) return true;
  if (!hasModules) return false;
  try {
    const modules = JSON.parse(readFileSync(join(data, "modules", "modules.json"), "utf8")) as {
      Modules: readonly { Dir: string }[];
    };
    return modules.Modules.filter(({ Dir }) => Dir !== ".").some(({ Dir }) =>
      configurationsIn(join(directory, Dir)).some((name) =>
        /^\s*provider\s+"|"provider"\s*:/m.test(readFileSync(join(directory, Dir, name), "utf8")),
      ),
    );
  } catch {
    return true;
  }
}

function configurationsIn(directory: string): string[] {
  return readdirSync(directory).filter((name) => /\.(?:tf|tofu)(?:\.json)?$/.test(name));
}

function installedProvider(name: string, directory: string, data: string): InstalledProvider | undefined {
  const lock = join(directory, ".terraform.lock.hcl");
  const text = existsSync(lock) ? readFileSync(lock, "utf8") : "";
  const [, address, block = ""] = new RegExp(`^provider "([^"]+/${name})" \\{([\\s\\S]*?)^\\}`, "m").exec(text) ?? [];
  const version = /^\s*version\s*=\s*"([^"]+)"/m.exec(block)?.[1];
  const hashes = [...block.matchAll(/"(h1:[^"]+)"/g)].map((match) => match[1]!);
  if (address === undefined || version === undefined || hashes.length === 0) return undefined;
  const place = join(data, "providers", address, version, terraformPlatform());
  if (!existsSync(place)) return undefined;
  // Terraform names packages in a mirror or a cache by a link.
  const folder = realpathSync(place);
  const programs = readdirSync(folder).filter((file) => file.startsWith(`terraform-provider-${name.split("/")[1]!}`));
  if (programs.length !== 1) return undefined;
  return { address, directory: folder, executable: join(folder, programs[0]!), hashes };
}

function terraformPlatform(): string {
  return `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
}

/**
 * Checks the files of a provider as Terraform does before it starts one: it does not check a provider that is attached.
 *
 * @param environment process variables, for the place of the cache
 * @throws SternaError `ProviderChanged`
 */
export async function verifyProvider(
  { address, directory, hashes }: InstalledProvider,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const found = await packageHash(directory, new DigestCache(environment));
  if (hashes.includes(found)) return;
  throw new SternaError(
    "ProviderChanged",
    `the files of provider ${address} in ${directory} do not match .terraform.lock.hcl: ${found} is none of its hashes. ` +
      "Nothing was started. Find out who changed them; then remove .terraform in the stack's folder and run the command again.",
  );
}

/** Hash of a package in the scheme `h1`: over the names and contents of its files (golang.org/x/mod/sumdb/dirhash, Hash1). */
async function packageHash(directory: string, cache: DigestCache): Promise<string> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
    .sort();
  const hash = createHash("sha256");
  for (const name of names) hash.update(`${await cache.digestOf(join(directory, name))}  ${name}\n`);
  return `h1:${hash.digest("base64")}`;
}

/** Smaller files are read faster than they are looked up. */
const LARGE_BYTES = 16 * 1024 * 1024;
/** A file that changed so recently may change again without getting another time. */
const SETTLED_MILLISECONDS = 2_000;
const MOST_ENTRIES = 50;
const DIGESTS_FILE = "providers.json";
const READ_BYTES = 1024 * 1024;
const digests = z.record(z.string(), z.string());

/**
 * SHA-256 of large files that were read before. The AWS provider has 700 MB, which take longer to read than a plan.
 *
 * A digest is kept by what a user cannot set: every write, and every change of the times, sets the time of the last
 * status change. Terraform reads the files again before an apply. The cache is in a folder that only its owner can write.
 */
class DigestCache {
  private readonly folder: string | undefined;

  constructor(environment: NodeJS.ProcessEnv) {
    this.folder = userCaches({ HOME: homedir(), ...environment });
  }

  async digestOf(path: string): Promise<string> {
    const before = identityOf(path);
    if (before.size < LARGE_BYTES) return sha256(readFileSync(path));
    const known = this.read();
    const found = known[before.key];
    if (found !== undefined) return found;
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) hash.update(chunk as Buffer);
    const digest = hash.digest("hex");
    const isSettled = Date.now() - before.changedAt > SETTLED_MILLISECONDS;
    if (isSettled && identityOf(path).key === before.key) this.write({ ...known, [before.key]: digest });
    return digest;
  }

  private read(): Readonly<Record<string, string>> {
    if (this.folder === undefined) return {};
    try {
      if (!isSafe(lstatSync(this.folder), "directory")) return {};
      return digests.parse(JSON.parse(readSafely(join(this.folder, DIGESTS_FILE)).toString("utf8")));
    } catch {
      return {};
    }
  }

  private write(known: Readonly<Record<string, string>>): void {
    if (this.folder === undefined) return;
    try {
      writePrivateJson(join(this.folder, DIGESTS_FILE), Object.fromEntries(Object.entries(known).slice(-MOST_ENTRIES)));
    } catch {
      // A folder that cannot be written costs time only.
    }
  }
}

function identityOf(path: string): { readonly key: string; readonly size: number; readonly changedAt: number } {
  const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = statSync(path, { bigint: true });
  return { key: [path, dev, ino, size, mtimeNs, ctimeNs].join(":"), size: Number(size), changedAt: Number(ctimeMs) };
}
