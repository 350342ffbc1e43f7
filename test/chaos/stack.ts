import { spawn } from "node:child_process";
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LedgerConfig } from "../../lib/manifest/ledger-config";
import { installProvider, stepConfiguration } from "../support/step-configuration";
import { terraformEnvironment } from "../support/terraform-environment";
import type { ChaosStep } from "./steps";
import { Violation } from "./violation";

/** An apply takes a few seconds; one that takes this long hangs. */
const LONGEST_RUN_SECONDS = 180;

/** A run of Terraform that goes on. */
export interface Run {
  readonly pid: number;
  running(): boolean;
  kill(signal: NodeJS.Signals): void;
  /** @returns the exit status; nothing when a signal ended it */
  readonly ended: Promise<number | undefined>;
}

/** What an apply has of its own. */
export interface ApplyOptions {
  readonly environment?: Record<string, string>;

  /** Name of the machine that it believes to be on. @default - the name of this one */
  readonly host?: string;
}

/** A folder from which Terraform applies the steps, with a state of its own. */
export class Stack {
  private initialized = false;
  private states = 0;

  constructor(
    readonly directory: string,
    private readonly ledger: LedgerConfig,
    private readonly environment: Readonly<Record<string, string>>,
    archive: string,
  ) {
    mkdirSync(directory);
    installProvider(directory, archive);
  }

  get used(): boolean {
    return this.initialized;
  }

  async configure(steps: readonly ChaosStep[]): Promise<void> {
    writeFileSync(join(this.directory, "main.tf.json"), JSON.stringify(stepConfiguration(steps, this.ledger)));
    if (this.initialized) return;
    this.initialized = true;
    const status = await this.start(["init"]).ended;
    if (status !== 0) throw new Violation("setup", `terraform init failed\n${this.output()}`);
  }

  startApply(options: ApplyOptions = {}): Run {
    return this.start(["apply", "-auto-approve"], options);
  }

  /** @returns 0 nothing to do, 2 changes, 1 an error */
  async plan(): Promise<number | undefined> {
    return this.start(["plan", "-detailed-exitcode"]).ended;
  }

  /** Keeps a copy of the state as it is now. */
  keepState(): void {
    if (existsSync(this.state())) copyFileSync(this.state(), this.stateCopy(this.states++));
  }

  get hasState(): boolean {
    return existsSync(this.state());
  }

  /** How many copies were kept. */
  get keptStates(): number {
    return this.states;
  }

  restoreState(copy: number): void {
    copyFileSync(this.stateCopy(copy), this.state());
  }

  loseState(): void {
    for (const name of ["terraform.tfstate", "terraform.tfstate.backup"]) {
      rmSync(join(this.directory, name), { force: true });
    }
  }

  /** The last lines that Terraform printed, over all runs. */
  output(): string {
    return readFileSync(this.log(), "utf8").split("\n").slice(-80).join("\n");
  }

  private start(args: string[], { environment = {}, host }: ApplyOptions = {}): Run {
    const log = openSync(this.log(), "a");
    writeFileSync(log, `\n=== terraform ${args.join(" ")}\n`);
    // Both shells become what they start: a signal reaches Terraform.
    const named = ["--uts", "sh", "-c", 'hostname "$0" && exec terraform "$@"', host ?? "", ...args];
    const child = spawn(host === undefined ? "terraform" : "unshare", host === undefined ? args : named, {
      cwd: this.directory,
      env: terraformEnvironment({ ...this.environment, ...environment }),
      // A file, not a pipe: a killed Terraform leaves processes that would keep a pipe open.
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    const running = (): boolean => child.exitCode === null && child.signalCode === null;
    const ended = new Promise<number | undefined>((resolve, reject) => {
      const hanging = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new Violation("hangs", `terraform ${args[0]} hangs\n${this.output()}`));
      }, LONGEST_RUN_SECONDS * 1000);
      child.once("error", reject);
      child.once("exit", (code) => {
        clearTimeout(hanging);
        resolve(code ?? undefined);
      });
    });
    return { pid: child.pid!, running, ended, kill: (signal) => void child.kill(signal) };
  }

  private state(): string {
    return join(this.directory, "terraform.tfstate");
  }

  private stateCopy(copy: number): string {
    return join(this.directory, `terraform.tfstate.${copy}.copy`);
  }

  private log(): string {
    return join(this.directory, "terraform.log");
  }
}
