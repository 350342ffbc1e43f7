import type { Command } from "commander";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT_STATUS } from "../exit-status";
import { readStatus, type SystemStatus } from "../ledgers/system-status";
import { recoverPins } from "../project/change-pin";
import { openProject } from "../project/project";
import { chainOf } from "../project/stacks";
import { synthesize } from "../project/synthesize";
import type { CommonOptions } from "../terminal";
import { StatusFollower } from "../text/status-follower";
import { stepLines, statusTable, summarizeStates } from "../text/status-text";
import { newCommand, type CommandContext, type CommandRunner } from "./command";

const POLL_MILLISECONDS = 1_000;
/** Looks without a running step after which nothing is followed any more: between two steps, nothing runs for a while. */
const IDLE_LOOKS = 10;

interface StatusOptions extends CommonOptions {
  readonly follow?: boolean;
  readonly steps?: boolean;
}

export function statusCommand(run: CommandRunner): Command {
  return newCommand("status", "show which release runs where, and which steps are applied", {
    "sterna status": "all systems in all environments",
    "sterna status app-ef --steps": "one system, step by step",
    "sterna status app-ef --follow": "what runs, live, until nothing has run for 10 seconds",
    "sterna status --json": "for a pipeline; exit status 1 when a ledger cannot be read",
  })
    .argument("[system]", "only this system")
    .option("--steps", "show each step")
    .option("--follow", "first show what runs, as it runs, until nothing has run for 10 seconds")
    .action((system: string | undefined, options: StatusOptions) =>
      run(options, async ({ surroundings, terminal }) => {
        const project = openProject(surroundings.directory);
        recoverPins(project);
        const synthesis = await synthesize(project, surroundings.environment, terminal);
        const systems = system === undefined ? synthesis.systems : chainOf(synthesis, system);
        terminal.announce("reading ledgers…");
        const look = () => Promise.all(systems.map((each) => readStatus(project, each, surroundings.environment)));
        const statuses = options.follow ? await follow(look, terminal) : await look();
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

/** Looks again and again, and tells what changes. */
async function follow(
  look: () => Promise<SystemStatus[]>,
  terminal: CommandContext["terminal"],
): Promise<SystemStatus[]> {
  const follower = new StatusFollower(terminal);
  for (let idle = 0; ; await sleep(POLL_MILLISECONDS)) {
    const statuses = await look();
    idle = follower.show(statuses, Date.now()) ? 0 : idle + 1;
    if (idle >= IDLE_LOOKS) return statuses;
  }
}
