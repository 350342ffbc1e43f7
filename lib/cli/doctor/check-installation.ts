import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { providerMirrors } from "../../environments/provider-delivery";
import { note, ok, problem, warning, type Finding } from "./check-programs";

/** How Terraform and cdktf install providers on this machine. */
export function checkInstallation(environment: NodeJS.ProcessEnv): Finding[] {
  return [
    ...checkCliConfigurations(environment),
    checkLockStep(environment),
    ...checkPluginCache(environment),
    checkMirrors(environment),
    note(
      "`terraform -chdir=<stack> init` does not find the provider",
      "Terraform looks for terraform.d where it is started (hashicorp/terraform#31442): change into the stack's folder for `init`. `sterna` and `cdktf` do so.",
    ),
  ];
}

function checkCliConfigurations(environment: NodeJS.ProcessEnv): Finding[] {
  const home = environment.HOME ?? homedir();
  const named = environment.TF_CLI_CONFIG_FILE || environment.TERRAFORM_CONFIG;
  const files = (named ? [named] : [join(home, ".terraformrc"), join(home, ".tofurc")]).filter((file) =>
    existsSync(file),
  );
  if (named && files.length === 0) {
    return [
      warning(
        `TF_CLI_CONFIG_FILE names ${named}, which does not exist`,
        "Terraform warns about it on every run: unset it.",
      ),
    ];
  }
  if (files.length === 0)
    return [ok("no CLI configuration: Terraform finds the provider in terraform.d/plugins of the stack")];
  return files.map(checkCliConfiguration);
}

function checkCliConfiguration(file: string): Finding {
  const { explicit, hasStackMirror, overridesSterna } = readProviderInstallation(readFileSync(file, "utf8"));
  if (overridesSterna)
    return warning(
      `${file} overrides sterna/sterna (dev_overrides)`,
      "What runs is not what the stack holds; remove it when you are done.",
    );
  if (!explicit) return ok(`${file} has no provider_installation block: terraform.d/plugins of the stack is used`);
  if (hasStackMirror) return ok(`${file}: provider_installation has the stack's mirror`);
  return problem(
    `${file} has a provider_installation block: Terraform's implied mirrors are off, and \`terraform init\` will not find sterna/sterna`,
    `Add inside of provider_installation, before the others:\n${MIRROR_LINES}\nand exclude = ["registry.terraform.io/sterna/sterna"] to its direct block.`,
  );
}

function checkLockStep(environment: NodeJS.ProcessEnv): Finding {
  const skipped = /^(1|true)$/i.test(environment.CDKTF_SKIP_PROVIDER_LOCK ?? "");
  if (skipped) return ok("CDKTF_SKIP_PROVIDER_LOCK is set: `cdktf deploy` works");
  return warning(
    "the first `cdktf deploy` of a stack runs `terraform providers lock`, which asks the registry and passes local mirrors over",
    "Until sterna/sterna is published: export CDKTF_SKIP_PROVIDER_LOCK=true, or add --skip-provider-lock. `sterna apply` needs neither.",
  );
}

function checkPluginCache({ TF_PLUGIN_CACHE_DIR: directory }: NodeJS.ProcessEnv): Finding[] {
  if (!directory) return [];
  try {
    accessSync(directory, constants.W_OK);
    return [ok(`TF_PLUGIN_CACHE_DIR: ${directory}`)];
  } catch {
    return [
      problem(
        `TF_PLUGIN_CACHE_DIR names ${directory}, which is not writable`,
        "Create the directory, or unset the variable.",
      ),
    ];
  }
}

function checkMirrors(environment: NodeJS.ProcessEnv): Finding {
  const mirrors = providerMirrors(undefined, environment);
  if (mirrors.length > 0) return ok(`provider mirrors: ${mirrors.join(", ")}`);
  return note(
    "no provider mirror on this machine: other providers come from the registry",
    "Where there is no network: `terraform providers mirror <directory>` elsewhere, and name it in STERNA_PROVIDER_MIRROR.",
  );
}

/** Lines that make an explicit `provider_installation` block find the provider in each stack's folder. */
const MIRROR_LINES = [
  "  filesystem_mirror {",
  '    path    = "terraform.d/plugins"',
  '    include = ["registry.terraform.io/sterna/sterna"]',
  "  }",
].join("\n");

/** Provider installation settings in a CLI configuration file of Terraform. */
export interface ProviderInstallation {
  /** Whether there is a `provider_installation` block, which disables implied mirrors. */
  readonly explicit: boolean;
  /** Whether `terraform.d/plugins` is one of its mirrors. */
  readonly hasStackMirror: boolean;
  /** Whether Sterna's provider is overridden for development. */
  readonly overridesSterna: boolean;
}

/**
 * Reads a CLI configuration (Terraform CLI, "Provider Installation"). It is HCL, of which only comments and strings
 * matter here.
 */
export function readProviderInstallation(configuration: string): ProviderInstallation {
  const text = withoutComments(configuration);
  const start = /^[\s{]*"?provider_installation"?\s*[:{]/m.exec(text);
  const rest = start === null ? "" : text.slice(start.index);
  return {
    explicit: start !== null,
    hasStackMirror: /filesystem_mirror[\s\S]*?"(?:\.\/)?terraform\.d\/plugins\/?"/.test(rest),
    overridesSterna: /dev_overrides\s*[:=]?\s*\{[^}]*sterna\/sterna/.test(rest),
  };
}

function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*")|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_all, quoted?: string) => quoted ?? " ",
  );
}
