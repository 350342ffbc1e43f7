import { randomUUID } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { satisfies, rcompare, valid } from "semver";

/** Platforms that a stack includes the provider for, in Terraform's terms. The provider runs wherever Node.js does. */
export const PROVIDER_PLATFORMS = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"] as const;

/** An operating system and a processor, in Terraform's terms. */
export type ProviderPlatform = (typeof PROVIDER_PLATFORMS)[number];

/** The `required_providers` of a stack. */
export type RequiredProviders = Readonly<Record<string, { readonly source: string; readonly version?: string }>>;

/**
 * The same requirements with full source addresses: `aws` becomes `hashicorp/aws`.
 *
 * Terraform treats both as equal, but OpenTofu does not: with `aws` alone, it upgrades the provider again and again
 * (opentofu/opentofu#2402).
 */
export function qualifySources(providers: RequiredProviders): RequiredProviders {
  return Object.fromEntries(
    Object.entries(providers).map(([name, provider]) => [
      name,
      { ...provider, source: provider.source.includes("/") ? provider.source : `hashicorp/${provider.source}` },
    ]),
  );
}

/**
 * Whether a version satisfies a Terraform version constraint (Terraform language, "Version Constraints"): `5.100.0`,
 * `>= 5.0, < 6.0`, `~> 5.100`.
 */
export function fitsConstraint(version: string, constraint: string | undefined): boolean {
  const parts = (constraint ?? "").split(",").map((part) => part.trim());
  return parts.every((part) => part === "" || fits(version, part));
}

function fits(version: string, part: string): boolean {
  const match = /^(?<operator>~>|!=|>=|<=|>|<|=)?\s*v?(?<version>\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?)$/.exec(part);
  if (match === null) return false;
  const { operator = "=", version: bound } = match.groups as { operator?: string; version: string };
  if (operator === "~>") {
    const numbers = bound.split("-")[0]!.split(".").map(Number);
    // Only the rightmost number may increase: `~> 5.100` below 6, `~> 5.100.1` below 5.101.
    const ceiling = numbers.length === 3 ? `${numbers[0]}.${numbers[1]! + 1}.0` : `${numbers[0]! + 1}.0.0`;
    return satisfies(version, `>=${complete(bound)} <${ceiling}`);
  }
  return operator === "!="
    ? !satisfies(version, `=${complete(bound)}`)
    : satisfies(version, `${operator}${complete(bound)}`);
}

// A missing number is 0 for Terraform, but any number for npm.
function complete(bound: string): string {
  const [numbers, prerelease] = bound.split(/-(.*)/s) as [string, string | undefined];
  const full = [...numbers.split("."), "0", "0"].slice(0, 3).join(".");
  return prerelease === undefined ? full : `${full}-${prerelease}`;
}

/**
 * Puts the zip of Sterna's provider into the folder of a stack, where `terraform init` finds it without a registry: the
 * implied local mirror (Terraform CLI, "Provider Installation").
 *
 * Zipped, because Terraform would link an unpacked provider into a shared plugin cache, and the link would break when
 * the stack's folder is deleted. The provider is JavaScript: one zip for all platforms.
 *
 * @param zip the provider
 * @param mirror `terraform.d/plugins` of the stack's folder
 */
export function deliverProvider(
  zip: string,
  mirror: string,
  version: string,
  platforms: readonly ProviderPlatform[],
): void {
  const directory = join(mirror, "registry.terraform.io", "sterna", "sterna");
  for (const platform of platforms) {
    const target = join(directory, `terraform-provider-sterna_${version}_${platform}.zip`);
    if (!isSameFile(zip, target)) place(zip, target);
  }
}

function isSameFile(source: string, target: string): boolean {
  if (!existsSync(target)) return false;
  const [a, b] = [statSync(source), statSync(target)];
  if (a.ino === b.ino && a.dev === b.dev) return true;
  return a.size === b.size && readFileSync(source).equals(readFileSync(target));
}

function place(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = `${target}.${randomUUID()}.tmp`;
  try {
    try {
      linkSync(source, unfinished);
    } catch {
      // The target is on another file system, or on one without hard links.
      copyFileSync(source, unfinished);
    }
    renameSync(unfinished, target);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

const REGISTRY = "registry.terraform.io";

/**
 * Links providers from a mirror on this machine into the folder of a stack.
 *
 * A stack with a provider in `terraform.d/plugins` needs this if the registry is unreachable. Terraform downloads what
 * no mirror has from the registry, as usual.
 *
 * @param mirrors directories that may hold `registry.terraform.io`, the preferred one first
 * @param target `terraform.d/plugins` of the stack's folder
 */
export function linkProviders(
  providers: RequiredProviders,
  mirrors: readonly string[],
  target: string,
  platforms: readonly ProviderPlatform[],
): void {
  for (const { source, version } of Object.values(providers)) {
    const place = join(target, REGISTRY, source);
    const links = linksFor(source, version, mirrors, platforms);
    removeOtherLinks(place, links);
    for (const [name, destination] of links) {
      const link = join(place, name);
      if (existsSync(link)) continue;
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(destination, link, "dir");
    }
  }
}

/** Links to create, from `<version>/<platform>` to the target. Terraform follows links at this level only. */
function linksFor(
  source: string,
  constraint: string | undefined,
  mirrors: readonly string[],
  platforms: readonly ProviderPlatform[],
): Map<string, string> {
  for (const mirror of mirrors) {
    const directory = join(mirror, REGISTRY, source);
    const version = newest(directory, constraint);
    if (version === undefined) continue;
    const names = platforms
      .map((platform) => join(version, platform))
      .filter((name) => existsSync(join(directory, name)));
    return new Map(names.map((name) => [name, join(directory, name)]));
  }
  return new Map();
}

/**
 * Common directories of provider mirrors, the preferred one first: the configured one, Terraform's own (Terraform CLI,
 * "Implied Local Mirror Directories"), and those of system images.
 *
 * @param named the mirror configured in this stack
 */
export function providerMirrors(named: string | undefined, environment: NodeJS.ProcessEnv = process.env): string[] {
  const home = environment.HOME ?? homedir();
  const dataDirectories = [
    environment.XDG_DATA_HOME || join(home, ".local", "share"),
    ...(environment.XDG_DATA_DIRS || "/usr/local/share:/usr/share").split(":"),
  ];
  return [
    named,
    environment.STERNA_PROVIDER_MIRROR,
    join(home, ".terraform.d", "plugins"),
    ...dataDirectories.map((directory) => join(directory, "terraform", "plugins")),
    "/usr/share/terraform/providers",
    "/usr/local/share/terraform/plugins",
    ...["/opt", "/srv"].flatMap((parent) => list(parent).map((name) => join(parent, name))),
  ]
    .filter((directory): directory is string => !!directory && existsSync(join(directory, REGISTRY)))
    .map((directory) => resolve(directory));
}

/** The newest unpacked version in a mirror that satisfies the constraint, if there is one. */
function newest(directory: string, constraint: string | undefined): string | undefined {
  return list(directory)
    .filter((name) => valid(name) === name && fitsConstraint(name, constraint))
    .sort(rcompare)[0];
}

/** Removes links of earlier syntheses that this one did not create. What users added themselves stays. */
function removeOtherLinks(place: string, links: ReadonlyMap<string, string>): void {
  for (const version of list(place)) {
    for (const platform of list(join(place, version))) {
      const name = join(version, platform);
      const link = join(place, name);
      if (lstatSync(link).isSymbolicLink() && readlinkSync(link) !== links.get(name)) rmSync(link);
    }
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
