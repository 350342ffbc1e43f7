import type { Command } from "commander";
import { SternaError } from "../../core/sterna-error";
import { EXIT_STATUS } from "../exit-status";
import { readOwnLedgers } from "../ledgers/system-status";
import { inStackOrder } from "../ledgers/stack-order";
import { recoverPins } from "../project/change-pin";
import { openProject } from "../project/project";
import { findSystem } from "../project/stacks";
import { synthesize } from "../project/synthesize";
import { askStack } from "../stack-worker/ask-stack";
import type { CommonOptions } from "../terminal";
import { toVerification, verificationText } from "../text/verification-text";
import { newCommand, type CommandRunner } from "./command";

export function verifyCommand(run: CommandRunner): Command {
  return newCommand("verify", "ask the verify queries of all applied steps again; changes nothing", {
    "sterna verify app-ef production": "whether everything that was applied still holds",
    "sterna verify app-ef production --json": "for a monitor; exit status 1 on drift",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as staging")
    .action((system: string, environment: string, options: CommonOptions) =>
      run(options, async (context) => {
        const { surroundings, terminal } = context;
        const project = openProject(surroundings.directory);
        recoverPins(project);
        const synthesis = await synthesize(project, surroundings.environment, terminal);
        const stack = findSystem(synthesis, system, environment);
        const { rows, unreadable } = await readOwnLedgers(project, stack, surroundings.environment);
        if (unreadable[0] !== undefined) {
          const message = `which steps are applied cannot be known, so nothing was verified: ${unreadable[0].message}`;
          throw new SternaError("LedgerUnreachable", message);
        }
        const all = inStackOrder(stack, [...rows.values()]);
        const applied = all.filter(({ status }) => status === "applied");
        const answers = await askStack(
          project,
          stack,
          { action: "verify", steps: applied },
          context,
          (id) => `asking ${id}…`,
        );

        const verification = toVerification(stack, all, answers);
        terminal.printJson(verification);
        terminal.print(verificationText(verification, terminal.colors));
        return verification.holds ? EXIT_STATUS.done : EXIT_STATUS.error;
      }),
    );
}
