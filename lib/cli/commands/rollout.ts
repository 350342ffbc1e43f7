import { Option, type Command } from "commander";
import { COLORS, type Color, type Rollout } from "../../manifest/rollout";
import { rollout, rolloutStatus, type RolloutMove } from "../../toolkit/rollout";
import { EXIT_STATUS, type CommandRunner } from "../terminal/command";
import { stackCommand } from "../terminal/stack-command";
import type { CommonOptions, Terminal } from "../terminal/terminal";
import { showPlanned } from "./plan";

interface RolloutCommandOptions extends CommonOptions {
  readonly start?: Color;
  readonly prewarm?: boolean;
  readonly canary?: string;
  readonly cutover?: boolean;
  readonly retire?: boolean;
  readonly abort?: boolean;
  /** `false` after `--no-plan`. */
  readonly plan: boolean;
}

/** Options that request another phase. */
const MOVES = ["start", "prewarm", "canary", "cutover", "retire", "abort"] as const;

export function rolloutCommand(run: CommandRunner): Command {
  const examples = {
    "sterna rollout r3mes production": "show colors, releases and shares of the traffic",
    "sterna rollout r3mes production --prewarm": "start the other color with the pinned release, without traffic",
    "sterna rollout r3mes production --canary 10": "give it 10 percent of the traffic",
    "sterna rollout r3mes production --abort": "give all of the traffic back",
  };
  const head = ["rollout", "show a rollout, or move it to its next phase and plan", examples] as const;
  const command = stackCommand<RolloutCommandOptions>(run, [...head], async (stack, options, context) => {
    const { terminal, toolkit } = context;
    const { system, environment } = stack;
    const wanted = moveOf(options);
    if (wanted === undefined) {
      const { pin, rollout: shown } = rolloutStatus(toolkit, stack);
      terminal.printJson({ system, environment, pin, ...shown.state, weights: shown.weights });
      terminal.print(rolloutText(system, environment, shown, terminal.colors));
      return EXIT_STATUS.done;
    }
    const { rollout: begun, plan } = await rollout(toolkit, { ...stack, ...wanted, plan: options.plan });
    terminal.print(rolloutText(system, environment, begun, terminal.colors));
    const facts = { ...begun.state, weights: begun.weights };
    if (plan !== undefined) return showPlanned(plan, context, facts);
    terminal.printJson({ system, environment, ...facts });
    return EXIT_STATUS.changes;
  }).option("--no-plan", "change releases.json and leave the plan to the pipeline");
  const options = [
    new Option("--start <color>", "begin with one color that runs the pinned release").choices(COLORS),
    new Option("--prewarm", "start the color beside the live one, without traffic"),
    new Option("--canary <percent>", "give it a share of the traffic, 1 to 99, or a larger one"),
    new Option("--cutover", "give it all of the traffic; the old color stays"),
    new Option("--retire", "remove the color without traffic"),
    new Option("--abort", "give all of the traffic back to the color that had it before"),
  ];
  for (const [index, option] of options.entries()) {
    command.addOption(option.conflicts(MOVES.filter((_, other) => other !== index)));
  }
  return command;
}

function moveOf(options: RolloutCommandOptions): RolloutMove | undefined {
  const move = MOVES.find((each) => options[each] !== undefined);
  switch (move) {
    case undefined:
      return undefined;
    case "start":
      return { move, color: options.start! };
    case "canary":
      return { move, percent: Number(options.canary) };
    default:
      return { move };
  }
}

/** Status of a rollout: a line for each color. */
function rolloutText(system: string, environment: string, rollout: Rollout, { bold, dim }: Terminal["colors"]): string {
  const since = rollout.state.since === undefined ? "" : dim(` since ${rollout.state.since}`);
  const lines = COLORS.map((color) => {
    const release = rollout.releaseOf(color);
    if (release === undefined) return `  ${color.padEnd(5)}  ${dim("not there")}`;
    const live = color === rollout.live ? "  live" : "";
    return `  ${color.padEnd(5)}  ${release}  ${rollout.weights[color]} % of the traffic${live}`;
  });
  return [`${bold(`${system} in ${environment}`)}: ${rollout.phase}${since}`, ...lines].join("\n");
}
