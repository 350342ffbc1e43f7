import type { Command } from "commander";
import { EXIT_STATUS } from "../exit-status";
import { readStatus } from "../ledgers/system-status";
import { recoverPins } from "../project/change-pin";
import { openProject } from "../project/project";
import { chainOf } from "../project/stacks";
import { synthesize } from "../project/synthesize";
import type { CommonOptions } from "../terminal";
import { stepLines, statusTable, summarizeStates } from "../text/status-text";
import { newCommand, type CommandRunner } from "./command";

interface StatusOptions extends CommonOptions {
  readonly steps?: boolean;
}

export function statusCommand(run: CommandRunner): Command {
  return newCommand("status", "show which release runs where, and which steps are applied", {
    "sterna status": "all systems in all environments",
    "sterna status app-ef --steps": "one system, step by step",
    "sterna status --json": "for a pipeline; exit status 1 when a ledger cannot be read",
  })
    .argument("[system]", "only this system")
    .option("--steps", "show each step")
    .action((system: string | undefined, options: StatusOptions) =>
      run(options, async ({ surroundings, terminal }) => {
        const project = openProject(surroundings.directory);
        recoverPins(project);
        const synthesis = await synthesize(project, surroundings.environment, terminal);
        const systems = system === undefined ? synthesis.systems : chainOf(synthesis, system);
        terminal.announce("reading ledgers…");
        const statuses = await Promise.all(systems.map((each) => readStatus(project, each, surroundings.environment)));
        terminal.showLive(undefined);

        terminal.printJson({
          systems: statuses.map((status) => ({ ...status, summary: summarizeStates(status.steps) })),
        });
        terminal.print(statusTable(statuses, terminal.colors));
        for (const status of statuses) {
          for (const line of stepLines(status, options.steps ?? false, terminal.colors)) terminal.print(line);
        }
        return statuses.some(({ unreadable }) => unreadable.length > 0) ? EXIT_STATUS.error : EXIT_STATUS.done;
      }),
    );
}
