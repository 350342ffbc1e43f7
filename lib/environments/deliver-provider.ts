import { randomUUID } from "node:crypto";
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ProviderPlatform } from "./provider-platform";

/**
 * Puts the zip of Sterna's provider into the folder of a stack, where `terraform init` finds it without a registry:
 * the implied local mirror (Terraform CLI, "Provider Installation").
 *
 * Zipped, because Terraform would link an unpacked provider into a shared plugin cache, where it vanishes with the
 * stack's folder. The provider is JavaScript: one zip for all platforms.
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
      // Another file system, or one without hard links.
      copyFileSync(source, unfinished);
    }
    renameSync(unfinished, target);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
