import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { repositoryRoot, scratchRoot } from "./repository";

/** Where set-up puts providers that it downloaded. */
export const downloadedProviders = join(scratchRoot, "providers");

/** The provider that the bindings in `@cdktf/provider-aws` were made from. */
export const awsProvider = { source: "registry.terraform.io/hashicorp/aws", version: boundVersion("provider-aws") };

function boundVersion(bindings: string): string {
  const manifest = readFileSync(join(repositoryRoot, "node_modules/@cdktf", bindings, "package.json"), "utf8");
  return (JSON.parse(manifest) as { cdktf: { provider: { version: string } } }).cdktf.provider.version;
}

/** This machine in Terraform's words: `linux_amd64`. */
export const terraformPlatform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;

/**
 * A local copy of a provider: unpacked or zipped, in what set-up downloaded, in one of Terraform's implied mirrors
 * (https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories), or in a mirror
 * under `/opt`.
 *
 * @returns path of the folder or zip, and its path in a mirror
 */
export function findProvider({ source, version } = awsProvider): { path: string; place: string } | undefined {
  const type = source.split("/").at(-1);
  const places = [
    join(source, version, terraformPlatform),
    join(source, `terraform-provider-${type}_${version}_${terraformPlatform}.zip`),
  ];
  return mirrors()
    .flatMap((mirror) => places.map((place) => ({ path: join(mirror, place), place })))
    .find(({ path }) => existsSync(path));
}

function mirrors(): string[] {
  const dataHome = process.env.XDG_DATA_HOME ?? join(homedir(), ".local/share");
  return [
    downloadedProviders,
    join(homedir(), ".terraform.d/plugins"),
    ...[dataHome, "/usr/local/share", "/usr/share"].map((directory) => join(directory, "terraform/plugins")),
    ...(existsSync("/opt") ? readdirSync("/opt").map((name) => join("/opt", name)) : []),
  ];
}

/**
 * A value of `XDG_DATA_HOME` that makes the local providers one of Terraform's implied mirrors.
 *
 * Unlike a `provider_installation` block this leaves the other implied mirror in force, `terraform.d/plugins` of the
 * working directory, from which stacks install Sterna's own provider.
 */
export function providerDataHome(): string {
  const dataHome = join(scratchRoot, "data-home");
  const found = findProvider();
  const link = found && join(dataHome, "terraform/plugins", found.place);
  if (link !== undefined && !existsSync(link)) {
    mkdirSync(dirname(link), { recursive: true });
    try {
      // Terraform follows a link at the level of the platform, and at no level above it.
      symlinkSync(found!.path, link);
    } catch (error) {
      // Another test worker was faster.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  return dataHome;
}
