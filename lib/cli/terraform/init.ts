import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, sha256 } from "../../engine/checksum";
import { replaceFile } from "../project/write-file";
import type { Terminal } from "../terminal";
import { terraformFailure } from "./failure";
import type { Terraform } from "./terraform";
import { describeRequirement, unmetRequirements } from "./terraform-requirements";

/** Kept in Terraform's own folder, so that it goes away with what it is about. */
const STAMP = "sterna-init";

/**
 * Initializes a stack's folder if it is not initialized for its present providers, modules and backend.
 *
 * @throws SternaError `TerraformFailed`, `Interrupted`
 */
export async function initialize(
  terraform: Terraform,
  directory: string,
  environment: NodeJS.ProcessEnv,
  terminal: Terminal,
): Promise<void> {
  const data = join(directory, environment.TF_DATA_DIR || ".terraform");
  const stamp = join(data, STAMP);
  const wanted = initializationKey(directory);
  const done = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (done && existsSync(join(directory, ".terraform.lock.hcl"))) return;
  terminal.announce("terraform init: installing providers…");
  const { succeeded, output, interrupts } = await terraform.runText(["init", "-input=false", "-no-color"]);
  terminal.showLive(undefined);
  if (terminal.verbose) terminal.report(output);
  if (!succeeded) {
    const otherOutput = `${output}${tooOld(directory, output)}`;
    throw terraformFailure("terraform init", { diagnostics: [], otherOutput, interrupts });
  }
  replaceFile(stamp, wanted);
}

/** Terraform names the constraint, and not who needs it. */
function tooOld(directory: string, output: string): string {
  const version = /does not support Terraform version (\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (version === undefined) return "";
  return unmetRequirements(directory, version)
    .map((each) => `\n${describeRequirement(each)}`)
    .join("");
}

/** What `terraform init` depends on. */
function initializationKey(directory: string): string {
  const stack = JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8")) as Record<string, unknown>;
  const providers = join(directory, "terraform.d", "plugins", "registry.terraform.io", "sterna", "sterna");
  const zips = existsSync(providers)
    ? readdirSync(providers).map((name) => [name, sha256(readFileSync(join(providers, name)))])
    : [];
  return sha256(canonicalJson({ terraform: stack.terraform, modules: stack.module, zips }));
}
