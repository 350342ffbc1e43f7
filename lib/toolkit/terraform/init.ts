import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gt } from "semver";
import { z } from "zod";
import type { Reporter } from "../reporter";
import { readJsonFile } from "../../core/read-json-file";
import { canonicalJson, sha256 } from "../../manifest/checksum";
import { TERRAFORM_REQUIREMENTS, type TerraformRequirement } from "../../manifest/stack-manifest";
import { writeWholeFile } from "../../core/replace-file";
import { terraformFailure } from "./diagnostics";
import type { Terraform } from "./terraform";

/** In Terraform's own folder, so that it is deleted together with what it describes. */
const STAMP = "sterna-init";

/**
 * Initializes a stack's folder if it is not initialized for its current providers, modules and backend.
 *
 * @throws SternaError `TerraformFailed`, `Interrupted`
 */
export async function initialize(
  terraform: Terraform,
  directory: string,
  environment: NodeJS.ProcessEnv,
  terminal: Reporter,
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
  writeWholeFile(stamp, wanted);
}

/** Terraform reports the constraint, but not what requires it. */
function tooOld(directory: string, output: string): string {
  const version = /does not support Terraform version (\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (version === undefined) return "";
  return unmetRequirements(directory, version)
    .map((each) => `\n${describeRequirement(each)}`)
    .join("");
}

/** The inputs of `terraform init`. */
function initializationKey(directory: string): string {
  const stack = JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8")) as Record<string, unknown>;
  const providers = join(directory, "terraform.d", "plugins", "registry.terraform.io", "sterna", "sterna");
  const zips = existsSync(providers)
    ? readdirSync(providers).map((name) => [name, sha256(readFileSync(join(providers, name)))])
    : [];
  return sha256(canonicalJson({ terraform: stack.terraform, modules: stack.module, zips }));
}

const requirement = z.object({ version: z.string(), construct: z.string(), reason: z.string() });

/** The parts of a synthesized stack's comment that are read. */
const stack = z.looseObject({
  "//": z.looseObject({ [TERRAFORM_REQUIREMENTS]: z.array(requirement).default([]) }).optional(),
});

/**
 * What in a stack needs a newer Terraform.
 *
 * @param directory folder of the stack
 * @param version of the installed Terraform
 * @throws SternaError `SynthesisUnreadable`
 */
export function unmetRequirements(directory: string, version: string): TerraformRequirement[] {
  return requirementsOf(directory).filter((each) => gt(each.version, version));
}

/** All requirements of a stack. @throws SternaError `SynthesisUnreadable` */
function requirementsOf(directory: string): TerraformRequirement[] {
  const parsed = readJsonFile(join(directory, "cdk.tf.json"), stack, "SynthesisUnreadable");
  return (parsed["//"]?.[TERRAFORM_REQUIREMENTS] ?? []) as TerraformRequirement[];
}

/** A requirement for display: what needs which Terraform version, and what to do. */
export function describeRequirement({ version, construct, reason }: TerraformRequirement): string {
  return `${construct} needs Terraform ${version} or newer: ${reason}. Install it (https://developer.hashicorp.com/terraform/install), or do without that`;
}
