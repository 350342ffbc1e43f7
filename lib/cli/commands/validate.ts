import type { Command } from "commander";
import { synthesizeApp } from "../../toolkit/toolkit";
import { type CommandRunner, EXIT_STATUS, newCommand } from "../terminal/command";
import { inProject } from "../terminal/stack-command";
import type { CommonOptions } from "../terminal/terminal";

export function validateCommand(run: CommandRunner): Command {
  return newCommand(
    "validate",
    "check the app, environments.json and releases.json; needs no Terraform and no database",
    {
      "sterna validate": "whether the project synthesizes; lists all mistakes with their lines",
      "sterna validate --json": "for a pipeline; exit status 1 when there are mistakes",
    },
  ).action((options: CommonOptions) =>
    run(options, async (context) => {
      const { toolkit, terminal } = inProject(context);
      const { systems, warnings } = await synthesizeApp(toolkit);
      terminal.printJson({
        valid: true,
        stacks: systems.map(({ stack, system, environment, release, steps }) => ({
          ...{ stack, system, environment, release },
          steps: steps.map(({ id }) => id),
        })),
        warnings,
      });
      const { bold, green } = terminal.colors;
      for (const { stack, release, steps } of systems) {
        const count = steps.length === 1 ? "1 step" : `${steps.length} steps`;
        terminal.print(`${green("✓")} ${bold(stack)}  release ${release}, ${count}`);
      }
      const found = warnings.length === 0 ? "" : `, with ${warnings.length} warning${warnings.length === 1 ? "" : "s"}`;
      terminal.print(`The project is valid${found}.`);
      return EXIT_STATUS.done;
    }),
  );
}
