import { execa } from "execa";
import { gte, valid } from "semver";
import { OLDEST_TERRAFORM } from "../../manifest/stack-manifest";
import { findProgram } from "../../core/find-program";
import { terraformName } from "../../toolkit/terraform/terraform";

/**
 * - `ok`: no problem
 * - `problem`: something will not work; `doctor` exits with status 1
 * - `warning`: works here, but may cause surprises
 * - `note`: worth knowing
 */
export type FindingStatus = "ok" | "problem" | "warning" | "note";

/** A finding of the doctor. */
export interface Finding {
  readonly status: FindingStatus;
  readonly title: string;
  /** How to fix it, in lines. */
  readonly cure?: string;
}

export const ok = (title: string): Finding => ({ status: "ok", title });
export const problem = (title: string, cure: string): Finding => ({ status: "problem", title, cure });
export const warning = (title: string, cure: string): Finding => ({ status: "warning", title, cure });
export const note = (title: string, cure: string): Finding => ({ status: "note", title, cure });

const OLDEST_NODE = "20.12.0";

/** Checks Node, with which Terraform runs Sterna's provider, and Terraform. */
export async function checkPrograms(environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  return [await checkNode(environment), await checkTerraform(environment)];
}

async function checkNode(environment: NodeJS.ProcessEnv): Promise<Finding> {
  const node = findProgram("node", environment);
  if (node === undefined) {
    return problem(
      "node is not on the PATH: Terraform cannot start Sterna's provider",
      "Add the folder of node to PATH where Terraform runs. A version manager that is loaded only by interactive shells does not count.",
    );
  }
  const { stdout } = await execa(node, ["--version"], { env: environment, extendEnv: false, reject: false });
  const version = String(stdout ?? "").replace(/^v/, "");
  if (valid(version) !== null && gte(version, OLDEST_NODE)) return ok(`node ${version} (${node})`);
  return problem(
    `node ${version || "of unknown version"} (${node}) is too old for Sterna`,
    `Install Node.js ${OLDEST_NODE} or newer, and have it come first on the PATH.`,
  );
}

async function checkTerraform(environment: NodeJS.ProcessEnv): Promise<Finding> {
  const name = terraformName(environment);
  const terraform = findProgram(name, environment);
  if (terraform === undefined) {
    return problem(
      `${name} is not on the PATH`,
      "Install Terraform 1.5 or newer: https://developer.hashicorp.com/terraform/install. TERRAFORM_BINARY_NAME names another binary.",
    );
  }
  const version = await terraformVersion(terraform, environment);
  if (version === undefined)
    return problem(`${terraform} does not say its version`, "Run it with `version -json` and see why.");
  if (gte(version, OLDEST_TERRAFORM)) return ok(`${name} ${version} (${terraform})`);
  return problem(`${name} ${version} (${terraform}) is too old`, `Install ${OLDEST_TERRAFORM} or newer.`);
}

/** Version of a Terraform. Undefined if it does not report one. */
export async function terraformVersion(terraform: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { stdout } = await execa(terraform, ["version", "-json"], {
    env: environment,
    extendEnv: false,
    reject: false,
  });
  try {
    const { terraform_version } = JSON.parse(String(stdout)) as { terraform_version?: string };
    return valid(terraform_version ?? "") ?? undefined;
  } catch {
    return undefined;
  }
}
