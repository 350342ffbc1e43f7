import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { rcompare, valid } from "semver";
import type { ProviderPlatform } from "./provider-platform";
import { fitsConstraint, type RequiredProviders } from "./provider-requirements";

const REGISTRY = "registry.terraform.io";

/**
 * Links providers of a mirror on this machine into the folder of a stack.
 *
 * A stack that carries one provider in `terraform.d/plugins` needs this where the registry cannot be reached. What no
 * mirror has, Terraform fetches from the registry as ever.
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

/** Links to make, `<version>/<platform>` to where it leads. Terraform follows a link at this level and at no other. */
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
 * Directories where people keep provider mirrors, the preferred one first: the one they name, Terraform's own (Terraform
 * CLI, "Implied Local Mirror Directories"), and what system images bring.
 *
 * @param named a mirror that somebody chose for this stack
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

/** The newest unpacked version in a mirror that fits; nothing when there is none. */
function newest(directory: string, constraint: string | undefined): string | undefined {
  return list(directory)
    .filter((name) => valid(name) === name && fitsConstraint(name, constraint))
    .sort(rcompare)[0];
}

/** Takes away what an earlier synthesis linked and this one does not. What people put there themselves stays. */
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
