import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { canonicalJson } from "../../lib/manifest/checksum";
import type { LedgerConfig } from "../../lib/manifest/ledger-config";
import { program, type ProgramInput } from "./program";
import { repositoryRoot } from "./repository";

/** Arguments of a `sterna_step`, as far as a test cares. */
export interface StepInput {
  readonly id: string;
  readonly program: ProgramInput;
  /** Terraform address, when it is not the id. @default - the id */
  readonly address?: string;
  /** @default - no variables */
  readonly variables?: Record<string, string>;
  /** Steps before this one. @default - the step before it in the list */
  readonly after?: string[];
  /** Further arguments. @default - none */
  readonly arguments?: Record<string, unknown>;
}

const version = (JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as { version: string }).version;

/** The provider as `npm run build` leaves it. */
export const builtProvider = join(repositoryRoot, "dist/engine", `terraform-provider-sterna_${version}.zip`);

/**
 * Puts the provider where `terraform init`, started in a folder, finds it.
 * @param archive @default - the one that was built last
 */
export function installProvider(directory: string, archive = builtProvider): void {
  const plugins = join(directory, "terraform.d/plugins/registry.terraform.io/sterna/sterna");
  mkdirSync(plugins, { recursive: true });
  for (const platform of ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"]) {
    cpSync(archive, join(plugins, `terraform-provider-sterna_${version}_${platform}.zip`));
  }
}

/**
 * Unpacks the provider into a folder, as `terraform init` does.
 * @returns the program that Terraform starts
 */
export function unpackProvider(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const files = unzipSync(readFileSync(builtProvider));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  const launcher = join(directory, `terraform-provider-sterna_v${version}`);
  chmodSync(launcher, 0o755);
  return launcher;
}

/** A configuration of steps, each after the one before it unless it says otherwise, written without the constructs. */
export function stepConfiguration(steps: readonly StepInput[], ledger: LedgerConfig): object {
  const resources = steps.map((step, index) => {
    const previous = steps[index - 1];
    const after = step.after ?? (previous ? [previous.id] : []);
    const addressOf = (id: string): string => steps.find((other) => other.id === id)?.address ?? id;
    const block = {
      id: step.id,
      system: "shop",
      release: "1.0.0",
      title: `Does ${step.id}`,
      program: escapeTemplate(canonicalJson(program.parse(step.program))),
      variables: step.variables ?? {},
      after,
      depends_on: after.map((id) => `sterna_step.${addressOf(id)}`),
      ...step.arguments,
    };
    return [step.address ?? step.id, block] as const;
  });
  return {
    terraform: { required_providers: { sterna: { source: "sterna/sterna", version } } },
    provider: { sterna: [{ ledger: JSON.stringify(ledger), environment: "staging" }] },
    ...(resources.length > 0 ? { resource: { sterna_step: Object.fromEntries(resources) } } : {}),
  };
}

/** Terraform reads `${` and `%{` in a JSON string as templates. */
function escapeTemplate(text: string): string {
  return text.replaceAll("${", () => "$${").replaceAll("%{", () => "%%{");
}
