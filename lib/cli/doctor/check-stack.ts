import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readLedgers } from "../ledgers/read-ledgers";
import type { SynthesizedSystem } from "../project/stacks";
import { findOnPath, terraformName } from "../terraform/find-terraform";
import { describeRequirement, unmetRequirements } from "../terraform/terraform-requirements";
import { terraformVersion } from "./check-programs";
import { note, ok, problem, type Finding } from "./finding";
import { hashOfZip, readLock } from "./provider-lock";

/** One stack: its provider, what Terraform remembers of it, and its ledgers. */
export async function checkStack(system: SynthesizedSystem, variables: NodeJS.ProcessEnv): Promise<Finding[]> {
  return [
    ...checkProvider(system),
    ...(await checkTerraformVersion(system, variables)),
    ...(await checkLedgers(system, variables)),
  ];
}

async function checkTerraformVersion(
  { stack, directory }: SynthesizedSystem,
  variables: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const terraform = findOnPath(terraformName(variables), variables);
  const version = terraform && (await terraformVersion(terraform, variables));
  if (!version) return [];
  return unmetRequirements(directory, version).map((each) =>
    problem(`${stack}: Terraform ${version} is too old for ${each.construct}`, `${describeRequirement(each)}.`),
  );
}

function checkProvider({ stack, directory }: SynthesizedSystem): Finding[] {
  const mirror = join(directory, "terraform.d", "plugins", "registry.terraform.io", "sterna", "sterna");
  const zips = existsSync(mirror) ? readdirSync(mirror).filter((name) => name.endsWith(".zip")) : [];
  const [zip] = zips;
  if (zip === undefined) {
    return [
      problem(`${stack}: no provider in terraform.d/plugins`, "Synthesize again; the stack must be a SystemStack."),
    ];
  }
  const lockFile = join(directory, ".terraform.lock.hcl");
  const locked = existsSync(lockFile) ? readLock(readFileSync(lockFile, "utf8")) : undefined;
  if (locked === undefined)
    return [ok(`${stack}: provider ${zips.length === 1 ? zip : `for ${zips.length} platforms`}`)];
  const isSameBuild = locked.hashes.includes(hashOfZip(readFileSync(join(mirror, zip))));
  if (isSameBuild) return [ok(`${stack}: provider ${locked.version}, the one that the lock file knows`)];
  if (!zip.includes(`_${locked.version}_`)) {
    return [
      note(
        `${stack}: the lock file knows provider ${locked.version}, the stack holds ${zip}`,
        "Run `terraform init -upgrade` in the stack's folder.",
      ),
    ];
  }
  return [
    problem(
      `${stack}: .terraform and .terraform.lock.hcl are of another build of provider ${locked.version}`,
      `Remove ${lockFile} and ${join(directory, ".terraform")}; the next \`sterna plan\` makes them anew. The state is not in them.`,
    ),
  ];
}

async function checkLedgers(system: SynthesizedSystem, variables: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { rows, unreadable } = await readLedgers(system, variables);
  if (unreadable.length === 0) return [ok(`${system.stack}: ledgers can be read, ${rows.size} rows`)];
  return unreadable.map(({ code, message }) => problem(`${system.stack}: ${code}`, message));
}
