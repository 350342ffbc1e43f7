import type { Command } from "commander";
import { statesOf } from "../gates/evidence-gates";
import { isOpen, nextOpening } from "../gates/maintenance-windows";
import { EXIT_STATUS } from "../exit-status";
import { recoverPins } from "../project/change-pin";
import { openProject } from "../project/project";
import { findSystem } from "../project/stacks";
import { synthesize } from "../project/synthesize";
import type { CommonOptions } from "../terminal";
import { gatesText } from "../text/gates-text";
import { newCommand, type CommandRunner } from "./command";

interface GatesOptions extends CommonOptions {
  readonly release?: string;
}

export function gatesCommand(run: CommandRunner): Command {
  return newCommand("gates", "list the gates of an environment, and which are open", {
    "sterna gates app-ef production": "for the pinned release",
    "sterna gates app-ef production --release 1.0.0": "for the release that is to be promoted",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as production")
    .option("--release <release>", "release that the evidence must be for (default: the pinned one)")
    .action((system: string, environment: string, options: GatesOptions) =>
      run(options, async ({ surroundings, terminal }) => {
        const project = openProject(surroundings.directory);
        recoverPins(project);
        const synthesis = await synthesize(project, surroundings.environment, terminal);
        const found = findSystem(synthesis, system, environment);
        const release = options.release ?? found.release;
        const states = statesOf(project, { ...found, release });
        const now = new Date();
        const windows = (found.gates?.windows ?? []).map((window) => ({
          ...window,
          open: isOpen(window, now),
          next: nextOpening(window, now)?.toISOString(),
        }));
        terminal.printJson({ system, environment, release, gates: states, windows });
        if (states.length === 0) terminal.print(`${system} has no gates in ${environment}.`);
        else terminal.print(gatesText(states, terminal.colors));
        for (const { schedule, zone, open, next } of windows) {
          terminal.print(`Maintenance window ${schedule} (${zone}): ${open ? "open" : `opens ${next ?? "never"}`}`);
        }
        return states.some(({ standing }) => standing === "open") ? EXIT_STATUS.refused : EXIT_STATUS.done;
      }),
    );
}
