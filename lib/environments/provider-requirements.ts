import { satisfies } from "semver";

/** What Terraform is told about the providers of a stack. */
export type RequiredProviders = Readonly<Record<string, { readonly source: string; readonly version?: string }>>;

/**
 * The same requirements with sources in full: `aws` becomes `hashicorp/aws`.
 *
 * Terraform takes both for the same, OpenTofu does not: `aws` alone makes it upgrade the provider again and again
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
 * Whether a version fits a version constraint of Terraform (Terraform language, "Version Constraints"):
 * `5.100.0`, `>= 5.0, < 6.0`, `~> 5.100`.
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
    // Only the rightmost number may grow: `~> 5.100` below 6, `~> 5.100.1` below 5.101.
    const ceiling = numbers.length === 3 ? `${numbers[0]}.${numbers[1]! + 1}.0` : `${numbers[0]! + 1}.0.0`;
    return satisfies(version, `>=${complete(bound)} <${ceiling}`);
  }
  return operator === "!="
    ? !satisfies(version, `=${complete(bound)}`)
    : satisfies(version, `${operator}${complete(bound)}`);
}

// A missing number is 0 for Terraform, anything for npm.
function complete(bound: string): string {
  const [numbers, prerelease] = bound.split(/-(.*)/s) as [string, string | undefined];
  const full = [...numbers.split("."), "0", "0"].slice(0, 3).join(".");
  return prerelease === undefined ? full : `${full}-${prerelease}`;
}
