import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { execa } from "execa";
import type { Terminal } from "../terminal";
import { parseEvent, type TerraformDiagnostic, type TerraformEvent } from "./events";
import { requireTerraform } from "./find-terraform";
import { followFile } from "./follow-file";
import { forwardInterrupts } from "./interrupts";

/** How a run of Terraform ended. */
export interface TerraformRun {
  readonly succeeded: boolean;
  /** How often the run was interrupted. */
  readonly interrupts: number;
  readonly diagnostics: readonly TerraformDiagnostic[];
  /** What it printed besides events: crash reports, complaints about its configuration. */
  readonly otherOutput: string;
  /** Version of Terraform. */
  readonly version: string;
}

export interface TerraformRunOptions {
  /** File that receives the output; it stays. */
  readonly log: string;
  onEvent?(event: TerraformEvent): void;
}

/** Runs Terraform in the folder of one stack. */
export class Terraform {
  private readonly binary: string;
  private readonly environment: NodeJS.ProcessEnv;

  /**
   * @param directory folder of the stack. Never `-chdir`: Terraform looks for `terraform.d` where it was started
   *   (https://github.com/hashicorp/terraform/issues/31442)
   * @param variables process variables of the environment
   * @param context what the provider must know also where the configuration holds no provider block
   * @throws SternaError `TerraformMissing`
   */
  constructor(
    private readonly directory: string,
    variables: NodeJS.ProcessEnv,
    private readonly terminal: Terminal,
    context: { readonly environment: string; readonly ledger: string },
  ) {
    this.binary = requireTerraform(variables);
    this.environment = {
      STERNA_LEDGER: context.ledger,
      STERNA_ENVIRONMENT: context.environment,
      ...variables,
      TF_IN_AUTOMATION: "1",
      TF_INPUT: "0",
    };
  }

  /**
   * Runs a command that prints events.
   *
   * Terraform writes to a file, not to a pipe: when this process dies, a pipe would end Terraform in the middle of its
   * work at its next line.
   */
  async run(args: readonly string[], { log, onEvent }: TerraformRunOptions): Promise<TerraformRun> {
    mkdirSync(dirname(log), { recursive: true, mode: 0o700 });
    const errorLog = `${log}.stderr`;
    const [stdout, stderr] = [openSync(log, "w", 0o600), openSync(errorLog, "w", 0o600)];
    const { cwd, env } = this.options();
    // Not execa: it hands a child no file descriptor to write to.
    const child = spawn(this.binary, args, { cwd, env, detached: true, stdio: ["ignore", stdout, stderr] });
    const exited = once(child, "exit") as Promise<[number | null]>;
    closeSync(stdout);
    closeSync(stderr);
    let interrupts = 0;
    const stopForwarding = forwardInterrupts(child, (count) => {
      interrupts = count;
      this.terminal.report(
        count === 1
          ? "interrupted: Terraform finishes or stops what it is doing and saves its state. Interrupt again to stop it at once."
          : "interrupted again: Terraform stops at once.",
      );
    });
    const diagnostics: TerraformDiagnostic[] = [];
    const other: string[] = [];
    let version = "unknown";
    try {
      for await (const line of followFile(log, exited)) {
        const event = parseEvent(line);
        if (event === undefined) {
          if (line.trim() !== "") other.push(line);
          continue;
        }
        if (event.diagnostic) diagnostics.push(event.diagnostic);
        version = event.terraform ?? version;
        onEvent?.(event);
      }
      const [exitCode] = await exited;
      const said = readFileSync(errorLog, "utf8").trim();
      return {
        succeeded: exitCode === 0,
        interrupts,
        diagnostics,
        otherOutput: [...other, said].filter(Boolean).join("\n"),
        version,
      };
    } finally {
      stopForwarding();
      rmSync(errorLog, { force: true });
    }
  }

  /** Runs a command that prints text. */
  async runText(args: readonly string[]): Promise<{ succeeded: boolean; interrupts: number; output: string }> {
    const child = execa(this.binary, args, { ...this.options(), all: true });
    let interrupts = 0;
    const stopForwarding = forwardInterrupts(child, (count) => (interrupts = count));
    try {
      const { failed, all } = await child;
      return { succeeded: !failed, interrupts, output: String(all ?? "") };
    } finally {
      stopForwarding();
    }
  }

  /**
   * Runs a command whose output may be large, or must not be left on a disk, and hands it on as it comes.
   *
   * @returns whether it succeeded, and what it complained about
   */
  async runToReader(
    args: readonly string[],
    onBytes: (bytes: Buffer) => void,
  ): Promise<{ succeeded: boolean; output: string }> {
    const child = execa(this.binary, args, { ...this.options(), buffer: { stdout: false }, encoding: "buffer" });
    try {
      for await (const bytes of child.stdout) onBytes(bytes as Buffer);
    } catch (error) {
      child.kill();
      throw error;
    } finally {
      await child;
    }
    const { failed, stderr } = await child;
    return { succeeded: !failed, output: Buffer.from(stderr).toString("utf8") };
  }

  private options() {
    return {
      cwd: this.directory,
      env: this.environment,
      extendEnv: false,
      stdin: "ignore",
      reject: false,
      detached: true,
    } as const;
  }
}
