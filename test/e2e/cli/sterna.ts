import { execa } from "execa";
import { join } from "node:path";
import { repositoryRoot } from "../../support/repository";
import { terraformEnvironment } from "../../support/terraform-environment";

const built = join(repositoryRoot, "dist/bin/sterna.js");

/** Builds the command line, so that what people run is what is tested. */
export async function buildCli(): Promise<void> {
  await execa(process.execPath, ["scripts/build.mjs", "cli"], { cwd: repositoryRoot });
}

/** A run of `sterna` in a process of its own. */
export interface SternaRun {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `sterna`, to be interrupted. */
export function startSterna(
  directory: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
) {
  return execa(process.execPath, [built, ...args], {
    cwd: directory,
    env: terraformEnvironment(environment),
    extendEnv: false,
    reject: false,
    stdin: "ignore",
  });
}

/** Runs `sterna` to its end. */
export async function sterna(
  directory: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<SternaRun> {
  const { exitCode, stdout, stderr } = await startSterna(directory, args, environment);
  return { status: exitCode, stdout, stderr };
}
