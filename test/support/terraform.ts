import { execa, type ResultPromise } from "execa";
import { findProgram } from "../../lib/core/find-program";
import { terraformEnvironment } from "./terraform-environment";

/** How to run Terraform. */
export interface TerraformOptions {
  /** Variables beside those that `terraformEnvironment` sets. @default - none */
  readonly environment?: Readonly<Record<string, string>>;

  /** Called with each line as it is printed, without its line break. @default - output is only collected */
  onLine?(line: string, stream: "stdout" | "stderr"): void;
}

/** What a run of Terraform left. */
export interface TerraformResult {
  /** Nothing when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of Terraform that goes on. */
export interface TerraformRun {
  readonly pid: number;

  /** @param signal @default "SIGTERM" */
  kill(signal?: NodeJS.Signals): void;

  /** Settles when it has ended; a failure does not reject. */
  readonly result: Promise<TerraformResult>;
}

/** Whether `terraform` is on the PATH. */
export function terraformAvailable(): boolean {
  return findProgram("terraform") !== undefined;
}

/**
 * Runs Terraform to its end. A failure does not reject: tests look at the exit status.
 *
 * @param directory working directory. Never `-chdir`: Terraform looks for `terraform.d` where it was started
 *   (https://github.com/hashicorp/terraform/issues/31442)
 */
export async function terraform(
  directory: string,
  args: readonly string[],
  options: TerraformOptions = {},
): Promise<TerraformResult> {
  return startTerraform(directory, args, options).result;
}

/** Starts Terraform, to be interrupted or killed. */
export function startTerraform(
  directory: string,
  args: readonly string[],
  { environment = {}, onLine = () => {} }: TerraformOptions = {},
): TerraformRun {
  const report = (stream: "stdout" | "stderr") =>
    function* (line: unknown) {
      onLine(String(line), stream);
      yield line;
    };
  const child = execa("terraform", args, {
    cwd: directory,
    env: terraformEnvironment(environment),
    extendEnv: false,
    reject: false,
    stdin: "ignore",
    stdout: report("stdout"),
    stderr: report("stderr"),
  });
  return {
    pid: child.pid!,
    kill: (signal = "SIGTERM") => void child.kill(signal),
    result: collect(child),
  };
}

async function collect(child: ResultPromise): Promise<TerraformResult> {
  const { exitCode, stdout, stderr } = await child;
  return { exitCode, stdout: String(stdout ?? ""), stderr: String(stderr ?? "") };
}
