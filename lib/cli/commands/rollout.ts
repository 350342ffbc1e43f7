import { Option, type Command } from "commander";
import { SternaError } from "../../core/errors";
import { awsSettings } from "../../engine/objects/s3-client";
import { readPins, withRollout } from "../../manifest/pins-file";
import { COLORS, Rollout, type Color } from "../../manifest/rollout";
import { requireBaked, requireQuiet } from "../../promotion/gates/release-gates";
import { changePins, recoverPins } from "../../toolkit/project/change-pin";
import { variablesOf, openProject, type Project } from "../../toolkit/project/project";
import { lastRecord } from "../../toolkit/project/records";
import { findSystem } from "../../toolkit/project/stacks";
import { type SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { synthesize } from "../../toolkit/project/synthesize";
import { requireTerraform } from "../../toolkit/terraform/terraform";
import { EXIT_STATUS, newCommand, type CommandRunner } from "../terminal/command";
import type { CommonOptions, Terminal } from "../terminal/terminal";
import { planAndShow } from "./plan";

interface RolloutOptions extends CommonOptions {
  readonly start?: Color;
  readonly prewarm?: boolean;
  readonly canary?: string;
  readonly cutover?: boolean;
  readonly retire?: boolean;
  readonly abort?: boolean;
  /** `false` after `--no-plan`. */
  readonly plan?: boolean;
}

/** Options that ask for another phase. */
const MOVES = ["start", "prewarm", "canary", "cutover", "retire", "abort"] as const;

export function rolloutCommand(run: CommandRunner): Command {
  const command = newCommand("rollout", "show how far a rollout is, or take it to its next phase and plan", {
    "sterna rollout r3mes production": "show colors, releases and shares of the traffic",
    "sterna rollout r3mes production --prewarm": "start the other color with the pinned release, without traffic",
    "sterna rollout r3mes production --canary 10": "give it 10 percent of the traffic",
    "sterna rollout r3mes production --abort": "give all of the traffic back",
  })
    .argument("<system>", "system, such as r3mes")
    .argument("<environment>", "environment, such as production")
    .option("--no-plan", "change releases.json and leave the plan to the pipeline");
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
  return command.action((system: string, environment: string, options: RolloutOptions) =>
    run(options, async (context) => {
      const { surroundings, terminal } = context;
      const project = openProject(surroundings.directory);
      recoverPins(project);
      const pins = readPins(project.pinsFile);
      const pin = pins.pins[system]?.[environment];
      const state = pins.rollouts[system]?.[environment];
      const before = state && new Rollout(state);
      const wanted = MOVES.find((move) => options[move] !== undefined);
      if (wanted === undefined) {
        const shown = requireRollout(before, system, environment);
        terminal.printJson({ system, environment, pin, ...shown.state, weights: shown.weights });
        terminal.print(rolloutText(system, environment, shown, terminal.colors));
        return EXIT_STATUS.done;
      }

      if (options.plan !== false) requireTerraform(surroundings.environment);
      const synthesis = await synthesize(project, surroundings.environment, terminal);
      const stack = findSystem(synthesis, system, environment);
      const after =
        wanted === "start"
          ? start(before, options.start!, stack)
          : move(requireRollout(before, system, environment), wanted, options, stack);
      if (before !== undefined) await requireReady(before, wanted, project, stack, surroundings.environment);

      const begun = after.begunAt(new Date());
      const changed = await changePins(
        project,
        (content) => withRollout(content, system, environment, begun.state),
        async () => {
          const again = await synthesize(project, surroundings.environment, terminal);
          return findSystem(again, system, environment);
        },
      );
      terminal.report(`${terminal.colors.green("✓")} releases.json: ${system} in ${environment} is in ${begun.phase}`);
      terminal.print(rolloutText(system, environment, begun, terminal.colors));
      const facts = { ...begun.state, weights: begun.weights };
      if (options.plan === false) {
        terminal.printJson({ system, environment, ...facts });
        return EXIT_STATUS.changes;
      }
      return planAndShow(project, changed, context, facts);
    }),
  );
}

/** @throws SternaError `RolloutMissing` */
function requireRollout(rollout: Rollout | undefined, system: string, environment: string): Rollout {
  if (rollout !== undefined) return rollout;
  throw new SternaError(
    "RolloutMissing",
    `releases.json has no rollout of ${system} in ${environment}; begin one with \`sterna rollout ${system} ${environment} --start blue\``,
  );
}

/** @throws SternaError `RolloutJump` where there are colors already */
function start(before: Rollout | undefined, color: Color, { release }: SynthesizedSystem): Rollout {
  if (before === undefined) return Rollout.steady(color, release);
  throw new SternaError(
    "RolloutJump",
    `no start now: the rollout is in the phase "${before.phase}" with ${before.live} live. Only an environment without colors is started`,
  );
}

/** @throws SternaError `RolloutJump`, `CanaryOutOfRange`, `NothingToRollOut` */
function move(
  rollout: Rollout,
  wanted: Exclude<(typeof MOVES)[number], "start">,
  { canary }: RolloutOptions,
  { system, environment, release }: SynthesizedSystem,
): Rollout {
  switch (wanted) {
    case "prewarm": {
      const next = rollout.prewarm(release);
      if (rollout.releaseOf(rollout.live) !== release) return next;
      throw new SternaError(
        "NothingToRollOut",
        `${rollout.live} runs release ${release} in ${environment} already, which is the pinned one; raise the pin first, with \`sterna promote ${system} …\``,
      );
    }
    case "canary":
      return rollout.canary(Number(canary));
    case "cutover":
      return rollout.cutover();
    case "retire":
      return rollout.retire();
    case "abort":
      return rollout.abort();
  }
}

/**
 * More traffic, and removing the way back, wait until the phase has stood without an alarm. Less traffic never waits.
 *
 * @throws RefusedError `PhaseNotApplied`, `BakeTimeNotOver`, `AlarmFires`
 */
async function requireReady(
  rollout: Rollout,
  wanted: (typeof MOVES)[number],
  project: Project,
  { stack, environment, rollout: rules }: SynthesizedSystem,
  process: NodeJS.ProcessEnv,
): Promise<void> {
  if (rules === undefined || wanted === "abort" || rollout.phase === "steady" || rollout.phase === "aborted") return;
  const last = await lastRecord(project, stack);
  const appliedAt = last?.result === "applied" ? last.finishedAt : undefined;
  requireBaked(rollout, { bakeSeconds: rules.bakeSeconds, appliedAt }, new Date());
  // After a cutover the color in question is the live one.
  const tried = rollout.phase === "cutover" ? rollout.live : rollout.idle;
  requireQuiet(await firingAlarms(rules.alarms[tried], variablesOf(project, environment, process)));
}

/** How far a rollout is: a line for each color. */
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

/**
 * Which of some CloudWatch alarms are in the state ALARM. The region and the credentials are those of the environment.
 *
 * @throws SternaError `AlarmsUnreadable`, also when one of the alarms does not exist
 */
export async function firingAlarms(names: readonly string[], variables: NodeJS.ProcessEnv): Promise<string[]> {
  if (names.length === 0) return [];
  const { CloudWatchClient, DescribeAlarmsCommand } = await import("@aws-sdk/client-cloudwatch");
  const client = new CloudWatchClient(awsSettings(variables, "CLOUDWATCH"));
  try {
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [...names] }));
    const missing = names.filter((name) => !MetricAlarms.some(({ AlarmName }) => AlarmName === name));
    if (missing.length > 0) {
      throw new SternaError(
        "AlarmsUnreadable",
        `CloudWatch has no alarm ${missing.join(", ")}: was the phase applied, and are region and account those of the environment?`,
      );
    }
    return MetricAlarms.filter(({ StateValue }) => StateValue === "ALARM").map(({ AlarmName }) => AlarmName!);
  } catch (cause) {
    if (cause instanceof SternaError) throw cause;
    throw new SternaError("AlarmsUnreadable", `the alarms cannot be read: ${(cause as Error).message}`, { cause });
  } finally {
    client.destroy();
  }
}
