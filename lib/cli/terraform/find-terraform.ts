import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { SternaError } from "../../core/sterna-error";

/**
 * Path of the Terraform to run: what TERRAFORM_BINARY_NAME names, as for cdktf, else `terraform`.
 *
 * @throws SternaError `TerraformMissing`
 */
export function requireTerraform(environment: NodeJS.ProcessEnv): string {
  const name = terraformName(environment);
  const found = findOnPath(name, environment);
  if (found !== undefined) return found;
  throw new SternaError(
    "TerraformMissing",
    `there is no ${name} on the PATH. Install Terraform 1.5 or newer (https://developer.hashicorp.com/terraform/install), ` +
      "or name another binary in TERRAFORM_BINARY_NAME. `sterna status` works without it.",
  );
}

export function terraformName(environment: NodeJS.ProcessEnv): string {
  return environment.TERRAFORM_BINARY_NAME || "terraform";
}

/** Looks a program up as a shell would. */
export function findOnPath(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  if (name.includes("/")) return isExecutable(name) ? name : undefined;
  return (environment.PATH ?? "")
    .split(delimiter)
    .filter((directory) => directory !== "")
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
