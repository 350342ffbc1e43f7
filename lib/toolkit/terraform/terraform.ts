import { execa } from "execa";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import type { Reporter } from "../reporter";
import { findProgram } from "../../core/find-program";
import { SternaError } from "../../core/errors";
import { parseEvent, type TerraformDiagnostic, type TerraformEvent } from "./diagnostics";

/** Result of a Terraform run. */
export interface TerraformRun {
  readonly succeeded: boolean;
  /** Number of interrupts during the run. */
  readonly interrupts: number;
  readonly diagnostics: readonly TerraformDiagnostic[];
  /** Output other than events: crash reports, configuration errors. */
  readonly otherOutput: string;
  /** Version of Terraform. */
  readonly version: string;
}

export interface TerraformRunOptions {
  /** File that receives the output. It is kept. */
  readonly log: string;
  onEvent?(event: TerraformEvent): void;
}

/** Runs Terraform in the folder of one stack. */
export class Terraform {
  private readonly binary: string;
  /** Process variables of Terraform, without those of `attach`. */
  readonly environment: NodeJS.ProcessEnv;
  private attached: NodeJS.ProcessEnv | undefined;

  /**
   * @param directory folder of the stack. Never `-chdir`: Terraform looks for `terraform.d` where it was started
   *   (https://github.com/hashicorp/terraform/issues/31442)
   * @param variables process variables of the environment
   * @param context what the provider must know even if the configuration contains no provider block
   * @throws SternaError `TerraformMissing`
   */
  constructor(
    private readonly directory: string,
    variables: NodeJS.ProcessEnv,
    private readonly terminal: Reporter,
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
   * Uses providers that already run for the commands that print events or JSON from now on. Commands that print text
   * never do: `init` would not record such a provider in the lock file.
   *
   * @param variables undefined ends it
   */
  attach(variables: NodeJS.ProcessEnv | undefined): void {
    this.attached = variables;
  }

  /**
   * Runs a command that prints events.
   *
   * Terraform writes to a file, not to a pipe: if this process died, a broken pipe would end Terraform in the middle of
   * its work at its next line.
   */
  async run(args: readonly string[], { log, onEvent }: TerraformRunOptions): Promise<TerraformRun> {
    mkdirSync(dirname(log), { recursive: true, mode: 0o700 });
    const errorLog = `${log}.stderr`;
    const [stdout, stderr] = [openSync(log, "w", 0o600), openSync(errorLog, "w", 0o600)];
    const { cwd, env } = this.options(this.attached);
    // Not execa: it cannot pass a file descriptor to a child as its output.
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
        if (event.diagnostic) {
          if (this.isAboutAttached(event.diagnostic)) continue;
          diagnostics.push(event.diagnostic);
        }
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
   * Runs a command whose output may be large, or must not be stored on disk, and streams it to the reader.
   *
   * @returns whether it succeeded, and its error output
   */
  async runToReader(
    args: readonly string[],
    onBytes: (bytes: Buffer) => void,
  ): Promise<{ succeeded: boolean; output: string }> {
    const child = execa(this.binary, args, {
      ...this.options(this.attached),
      buffer: { stdout: false },
      encoding: "buffer",
    });
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

  /** Terraform 1.16 warns of attached providers, which its user did not ask for. */
  private isAboutAttached({ severity, summary }: TerraformDiagnostic): boolean {
    return this.attached !== undefined && severity === "warning" && /^Unmanaged providers/.test(summary);
  }

  private options(attached: NodeJS.ProcessEnv | undefined = undefined) {
    return {
      cwd: this.directory,
      env: { ...this.environment, ...attached },
      extendEnv: false,
      stdin: "ignore",
      reject: false,
      detached: true,
    } as const;
  }
}

/**
 * Path of the Terraform to run: TERRAFORM_BINARY_NAME, as in cdktf, otherwise `terraform`.
 *
 * @throws SternaError `TerraformMissing`
 */
export function requireTerraform(environment: NodeJS.ProcessEnv): string {
  const name = terraformName(environment);
  const found = findProgram(name, environment);
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

const POLL_MILLISECONDS = 100;
const BLOCK_BYTES = 64 * 1024;

/**
 * The lines of a file that another process writes, as they arrive, until that process has ended and everything is read.
 *
 * @param ended settles when nothing more will be written
 */
export async function* followFile(file: string, ended: Promise<unknown>): AsyncGenerator<string> {
  let isOver = false;
  const over = ended.then(
    () => void (isOver = true),
    () => void (isOver = true),
  );
  const decoder = new StringDecoder("utf8");
  const block = Buffer.alloc(BLOCK_BYTES);
  const handle = await open(file, "r");
  let rest = "";
  try {
    for (;;) {
      // Checked before reading: what is written between the last read and the end must not be lost.
      const wasOver = isOver;
      const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES, null);
      if (bytesRead === 0) {
        if (wasOver) break;
        await Promise.race([over, sleep(POLL_MILLISECONDS)]);
        continue;
      }
      const lines = (rest + decoder.write(block.subarray(0, bytesRead))).split("\n");
      rest = lines.pop()!;
      yield* lines;
    }
    if (rest !== "") yield rest;
  } finally {
    await handle.close();
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Something that can be interrupted. */
export interface Interruptible {
  kill(signal: NodeJS.Signals): unknown;
}

/**
 * Passes each interrupt on to Terraform once while some work runs.
 *
 * Terraform treats the first as a request to finish its current work and save its state, and the second as an order to
 * stop at once. It runs in its own process group, because a terminal sends Ctrl-C to the whole group, which would turn
 * one interrupt into two.
 *
 * @param onInterrupt called with the number of interrupts so far
 * @returns stops passing interrupts on
 */
function forwardInterrupts(child: Interruptible, onInterrupt: (count: number) => void): () => void {
  let count = 0;
  const forward = (): void => {
    onInterrupt(++count);
    child.kill("SIGINT");
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  return () => {
    for (const signal of SIGNALS) process.off(signal, forward);
  };
}
