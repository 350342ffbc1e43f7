import { build } from "esbuild";
import { execa } from "execa";
import { join } from "node:path";
import { repositoryRoot, scratchRoot } from "../../support/repository";
import { terraformEnvironment } from "../../support/terraform-environment";

const bundle = join(scratchRoot, `cli-${process.pid}`, "sterna.js");

/** Bundles the command line as the build does: this is what people run. */
export async function bundleCli(): Promise<void> {
  await build({
    absWorkingDir: repositoryRoot,
    entryPoints: ["bin/sterna.ts"],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    mainFields: ["module", "main"],
    external: ["pg-native", "@aws-sdk/*"],
    logLevel: "error",
  });
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
  return execa(process.execPath, [bundle, ...args], {
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
