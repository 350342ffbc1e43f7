import { unzipSync } from "fflate";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, statSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { execa } from "execa";
import { EnvironmentChain } from "../../environments/environment";
import { sternaPackage } from "../../core/sterna-package";
import { sha256 } from "../../manifest/checksum";
import { readPins } from "../../manifest/pins-file";
import { readLedgers } from "../../toolkit/ledgers/read-ledgers";
import type { Project } from "../../toolkit/project/project";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { describeRequirement, unmetRequirements } from "../../toolkit/terraform/init";
import { findProgram } from "../../core/find-program";
import { terraformName } from "../../toolkit/terraform/terraform";
import { describeError } from "../../toolkit/describe-error";
import { ok, problem, warning, type Finding, terraformVersion, note } from "./check-programs";

/** Checks the project's files, and the provider in the package. */
export function checkProject(project: Project): Finding[] {
  return [
    ok(`cdktf.json: app \`${project.app}\``),
    attempt("releases.json", () => counted(Object.keys(readPins(project.pinsFile).pins).length, "system")),
    existsSync(project.environmentsFile)
      ? attempt("environments.json", () => EnvironmentChain.fromFile(project.environmentsFile).names.join(" → "))
      : warning("there is no environments.json", "Fine if the app declares its environments in code."),
    checkPackagedProvider(),
    ...checkEnvironmentFiles(project),
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Checks whether git ignores secrets, plans and the synthesized stacks. No findings outside of a repository, or without
 * git.
 */
export async function checkIgnored(project: Project, variables: NodeJS.ProcessEnv): Promise<Finding[]> {
  const git = findProgram("git", variables);
  if (git === undefined) return [];
  const paths = [".sterna/development.env", `${relative(project.directory, project.output)}/manifest.json`];
  const { exitCode, stdout } = await execa(git, ["check-ignore", "--no-index", ...paths], {
    cwd: project.directory,
    env: variables,
    extendEnv: false,
    reject: false,
  });
  // 0: some are ignored, 1: none are ignored, 128: not a repository (git-check-ignore, "EXIT STATUS").
  if (exitCode !== 0 && exitCode !== 1) return [];
  const open = paths.filter((path) => !stdout.split("\n").includes(path)).map((path) => `${path.split("/")[0]}/`);
  if (open.length === 0) return [ok("git ignores .sterna and the synthesized stacks")];
  return [
    warning(
      `git does not ignore ${open.join(" and ")}`,
      `Add ${open.join(" and ")} to .gitignore: .sterna holds passwords and saved plans.`,
    ),
  ];
}

/** Files with secrets, one per environment. */
function checkEnvironmentFiles({ workspace }: Project): Finding[] {
  if (!existsSync(workspace)) return [];
  const files = readdirSync(workspace)
    .filter((name) => name.endsWith(".env"))
    .map((name) => join(workspace, name));
  return files.map((file) =>
    (statSync(file).mode & 0o077) === 0
      ? ok(`${file} is read for its environment`)
      : warning(`${file} can be read by others`, `Run \`chmod 600 ${file}\`: it is where URLs with passwords go.`),
  );
}

function attempt(title: string, describe: () => string): Finding {
  try {
    return ok(`${title}: ${describe()}`);
  } catch (error) {
    const { code, message } = describeError(error);
    return problem(`${title}: ${code}`, message);
  }
}

function checkPackagedProvider(): Finding {
  const { root, version } = sternaPackage();
  const zip = join(root, "dist", "engine", `terraform-provider-sterna_${version}.zip`);
  if (existsSync(zip)) return ok(`provider sterna/sterna ${version} is built`);
  return problem(
    `the provider ${zip} is missing`,
    "Run `npm run build` in the checkout of Sterna, or install the package again.",
  );
}

/** Checks one stack: its provider, its lock file, and its ledgers. */
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
  const terraform = findProgram(terraformName(variables), variables);
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
  if (unreadable.length === 0) return [ok(`${system.stack}: ledgers can be read, ${counted(rows.size, "row")}`)];
  return unreadable.map(({ code, message }) => problem(`${system.stack}: ${code}`, message));
}

/** The entry for Sterna's provider in a `.terraform.lock.hcl`. */
export interface LockedProvider {
  readonly version: string;
  readonly hashes: readonly string[];
}

function readLock(lockFile: string): LockedProvider | undefined {
  const block = /provider "[^"]*\/sterna\/sterna" \{([\s\S]*?)\n\}/.exec(lockFile)?.[1];
  const version = block && /^\s*version\s*=\s*"([^"]+)"/m.exec(block)?.[1];
  if (!block || !version) return undefined;
  return { version, hashes: [...block.matchAll(/"((?:h1|zh):[^"]+)"/g)].map((match) => match[1]!) };
}

/**
 * The `h1:` hash of a provider's zip: over names and contents, independent of compression
 * (golang.org/x/mod/sumdb/dirhash, Hash1).
 */
function hashOfZip(zip: Uint8Array): string {
  const files = Object.entries(unzipSync(zip)).sort(([a], [b]) => (a < b ? -1 : 1));
  const list = files.map(([name, content]) => `${sha256(content)}  ${name}\n`).join("");
  return `h1:${createHash("sha256").update(list).digest("base64")}`;
}
