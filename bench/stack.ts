import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LedgerConfig } from "../lib/manifest/ledger-config";
import { scratchDirectory } from "../test/support/repository";
import { installProvider, stepConfiguration, type StepInput } from "../test/support/step-configuration";
import { terraformEnvironment } from "../test/support/terraform-environment";
import { measuredRun, type Measured } from "./measured-run";

/** What it takes to plan and to apply a stack, and to see that nothing is left to do. */
export interface StackCost {
  readonly plan: Measured;
  readonly apply: Measured;
  readonly planAgain: Measured;
}

/** A stack of steps, or of anything else, in a folder of its own. */
export class Stack {
  private readonly directory = scratchDirectory("bench");

  private constructor(
    configuration: object,
    private readonly environment: Readonly<Record<string, string>> = {},
  ) {
    installProvider(this.directory);
    writeFileSync(join(this.directory, "main.tf.json"), JSON.stringify(configuration));
  }

  static ofSteps(
    steps: readonly StepInput[],
    ledger: LedgerConfig,
    environment: Readonly<Record<string, string>> = {},
  ): Stack {
    return new Stack(stepConfiguration(steps, ledger), environment);
  }

  static of(configuration: object): Stack {
    return new Stack(configuration);
  }

  async cost(): Promise<StackCost> {
    try {
      await this.terraform(["init"]);
      const plan = await this.terraform(["plan", "-out=plan"]);
      const apply = await this.terraform(["apply", "plan"]);
      const planAgain = await this.terraform(["plan", "-detailed-exitcode"]);
      return { plan, apply, planAgain };
    } finally {
      rmSync(this.directory, { recursive: true, force: true });
    }
  }

  /** How often Terraform says that it starts the provider in a plan and in an apply, and how often it was started. */
  async starts(): Promise<Record<"plan" | "apply", { asked: number; started: number }>> {
    const run = async (...args: string[]): Promise<{ asked: number; started: number }> => {
      const log = join(this.directory, `${args[0]}.log`);
      const { providers } = await this.terraform(args, { TF_LOG: "DEBUG", TF_LOG_PATH: log });
      const asked = readFileSync(log, "utf8").match(/starting plugin: path=\S*terraform-provider-sterna/g)?.length ?? 0;
      return { asked, started: providers };
    };
    try {
      await this.terraform(["init"]);
      return { plan: await run("plan", "-out=plan"), apply: await run("apply", "plan") };
    } finally {
      rmSync(this.directory, { recursive: true, force: true });
    }
  }

  private terraform(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Measured> {
    const env = terraformEnvironment({ ...this.environment, ...environment });
    return measuredRun(["terraform", ...args], { cwd: this.directory, env });
  }
}
