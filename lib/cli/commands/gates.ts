import type { Command } from "commander";
import { readWaivers, waiversPath } from "../../manifest/waivers";
import { statesOf, type GateState, type GateStanding } from "../../promotion/gates/evidence-gates";
import { isOpen, nextOpening } from "../../promotion/gates/plan-gates";
import { openStack } from "../../toolkit/toolkit";
import { EXIT_STATUS, type CommandRunner } from "../terminal/command";
import { stackCommand } from "../terminal/stack-command";
import type { CommonOptions, Terminal } from "../terminal/terminal";

interface GatesOptions extends CommonOptions {
  readonly release?: string;
}

export function gatesCommand(run: CommandRunner): Command {
  const examples = {
    "sterna gates app-ef production": "for the pinned release",
    "sterna gates app-ef production --release 1.0.0": "for the release that is to be promoted",
  };
  const head = ["gates", "list the gates of an environment, and which are open", examples] as const;
  return stackCommand<GatesOptions>(run, [...head], async ({ system, environment }, options, { terminal, toolkit }) => {
    const found = await openStack(toolkit, { system, environment });
    const release = options.release ?? found.release;
    const now = new Date();
    const { directory } = toolkit.project;
    const waivers = readWaivers(waiversPath(directory), { system, environment, release });
    const states = statesOf(toolkit.project, { ...found, release }, waivers, now);
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
  }).option("--release <release>", "release that the evidence must be for (default: the pinned one)");
}

const SIGNS: Record<GateStanding, string> = { attested: "✓", automatic: "✓", waived: "!", open: "✗" };
const PHASES = { pre: "Before the apply", during: "While it runs", post: "Before the next environment" } as const;

/** Gates by phase, for display. */
function gatesText(states: readonly GateState[], { bold, dim, green, red, yellow }: Terminal["colors"]): string {
  const paint = { attested: green, automatic: green, waived: yellow, open: red };
  const width = Math.max(...states.map(({ id }) => id.length));
  return (["pre", "during", "post"] as const)
    .flatMap((phase) => {
      const inPhase = states.filter((state) => state.phase === phase);
      if (inPhase.length === 0) return [];
      const lines = inPhase.map(
        ({ id, kind, title, standing, why }) =>
          `  ${paint[standing](`${SIGNS[standing]} ${id.padEnd(width)}`)} ${kind.padEnd(8)}  ${title} ${dim(`(${standing}: ${why})`)}`,
      );
      return [bold(PHASES[phase]), ...lines, ""];
    })
    .join("\n")
    .trimEnd();
}
