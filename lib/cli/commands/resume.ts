import type { Command } from "commander";
import { readHalfApplied } from "../ledgers/half-applied";
import { halfAppliedText } from "../text/half-applied-text";
import { applyOrPlan, type ApplyOptions } from "./apply";
import { newCommand, type CommandRunner } from "./command";

export function resumeCommand(run: CommandRunner): Command {
  return newCommand("resume", "say what is half-applied and why, and apply again", {
    "sterna resume app-ef staging": "what stopped where; then the saved plan, or a new one that is asked for",
    "sterna resume app-ef staging --auto-approve": "without asking, also in a protected environment",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as staging")
    .option("--auto-approve", "apply without a saved plan and without asking, also in a protected environment")
    .action((system: string, environment: string, options: ApplyOptions) =>
      run(options, async (context) => {
        const wanted = { system, environment, autoApprove: options.autoApprove ?? false };
        return applyOrPlan(wanted, context, async (project, stack) => {
          const { terminal } = context;
          const { steps, unreadable } = await readHalfApplied(project, stack, context);
          for (const { code, message } of unreadable) terminal.report(terminal.colors.red(`${code}: ${message}`));
          terminal.print(`${halfAppliedText(steps, terminal.colors)}\n`);
          return { halfApplied: steps };
        });
      }),
    );
}
