import type { Command } from "commander";
import { promote } from "../../toolkit/promote";
import { EXIT_STATUS, newCommand, type CommandRunner } from "../terminal/command";
import { addLockTimeout, type LockOptions } from "../terminal/lock-timeout";
import { inProject } from "../terminal/stack-command";
import type { CommonOptions } from "../terminal/terminal";
import { showPlanned } from "./plan";

interface PromoteCommandOptions extends CommonOptions, LockOptions {
  /** `false` after `--no-plan`. */
  readonly plan: boolean;
}

export function promoteCommand(run: CommandRunner): Command {
  const command = newCommand("promote", "move the release that one environment proved to the next", {
    "sterna promote app-ef development staging": "check the proof, raise the pin, plan",
    "sterna promote app-ef staging production --no-plan": "only raise the pin, for a pull request",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<from>", "environment that proves the release")
    .argument("<to>", "the environment right after it")
    .option("--no-plan", "raise the pin in releases.json and leave the plan to the pipeline");
  return addLockTimeout(command).action((system: string, from: string, to: string, options: PromoteCommandOptions) =>
    run(options, async (given) => {
      const context = inProject(given, options);
      const { terminal } = context;
      const { promoted, release, plan } = await promote(context.toolkit, { system, from, to, plan: options.plan });
      const facts = { from, to, release, promoted };
      if (plan !== undefined) return showPlanned(plan, context, facts);
      terminal.printJson({ system, ...facts });
      if (promoted) return EXIT_STATUS.changes;
      terminal.print(`Nothing to do: ${system} in ${to} is pinned to ${release} already.`);
      return EXIT_STATUS.done;
    }),
  );
}
