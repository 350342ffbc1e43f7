import { SternaError } from "../core/errors";
import { awsSettings } from "../clouds/aws-settings";
import { readPins, withRollout } from "../manifest/pins-file";
import { type Color, Rollout } from "../manifest/rollout";
import { requireBaked, requireQuiet } from "../promotion/gates/release-gates";
import type { SynthesizedSystem } from "../promotion/plan/synthesized-steps";
import { type Plan, planStack } from "./plan";
import { changePins } from "./project/change-pin";
import { variablesOf } from "./project/project";
import { lastRecord } from "./project/records";
import type { PinOptions } from "./promote";
import { requireTerraform } from "./terraform/terraform";
import { openStack, type StackOptions, type Toolkit } from "./toolkit";

/**
 * Next move of a rollout.
 *
 * - `start`: begins with one color that runs the pinned release
 * - `prewarm`: starts the other color with the pinned release, without traffic
 * - `canary`: gives it a share of the traffic, 1 to 99 percent, or a larger one
 * - `cutover`: gives it all of the traffic; the old color stays
 * - `retire`: removes the color without traffic
 * - `abort`: returns all of the traffic to the color that had it before
 */
export type RolloutMove =
  | { readonly move: "start"; readonly color: Color }
  | { readonly move: "canary"; readonly percent: number }
  | { readonly move: "prewarm" | "cutover" | "retire" | "abort" };

/** Options of `rollout`. */
export type RolloutOptions = StackOptions & PinOptions & RolloutMove;

/** Status of a rollout. */
export interface RolloutStatus {
  readonly system: string;
  readonly environment: string;
  /** The pinned release. */
  readonly pin?: string;
  /** Phase, colors and weights. */
  readonly rollout: Rollout;
}

/** A rollout in its next phase. */
export interface RolloutResult extends RolloutStatus {
  /** Absent if no plan was requested. */
  readonly plan?: Plan;
}

/**
 * Status of a rollout, from `releases.json`. Runs nothing.
 *
 * @throws SternaError `RolloutMissing`, errors in `releases.json`
 */
export function rolloutStatus({ project }: Toolkit, { system, environment }: StackOptions): RolloutStatus {
  const pins = readPins(project.pinsFile);
  const pin = pins.pins[system]?.[environment];
  const rollout = requireRollout(readRollout(pins, system, environment), system, environment);
  return { system, environment, ...(pin === undefined ? {} : { pin }), rollout };
}

/**
 * Advances a rollout to its next phase: writes it to `releases.json`, and plans. An apply moves the traffic.
 *
 * @throws SternaError `RolloutMissing`, `RolloutJump`, `CanaryOutOfRange`, `NothingToRollOut`, `AlarmsUnreadable`,
 * `TerraformMissing`, what `plan` throws
 * @throws RefusedError `PhaseNotApplied`, `BakeTimeNotOver`, `AlarmFires`, `PinsChanged`
 */
export async function rollout(toolkit: Toolkit, options: RolloutOptions): Promise<RolloutResult> {
  const { system, environment, plan: wantsPlan = true } = options;
  const { project, surroundings, terminal } = toolkit;
  const pins = readPins(project.pinsFile);
  const pin = pins.pins[system]?.[environment];
  const before = readRollout(pins, system, environment);
  if (wantsPlan) requireTerraform(surroundings.environment);
  const stack = await openStack(toolkit, options);
  const after = nextRollout(before, options, stack);
  if (before !== undefined) await requireReady(toolkit, before, options.move, stack);

  const begun = after.begunAt(new Date());
  const changed = await changePins(
    project,
    (content) => withRollout(content, system, environment, begun.state),
    (tried) => openStack(toolkit, options, tried),
  );
  terminal.report(`${terminal.colors.green("✓")} releases.json: ${system} in ${environment} is in ${begun.phase}`);
  const plan = wantsPlan ? await planStack(toolkit, changed) : undefined;
  return { system, environment, ...(pin === undefined ? {} : { pin }), rollout: begun, ...(plan && { plan }) };
}

function readRollout(
  { rollouts }: ReturnType<typeof readPins>,
  system: string,
  environment: string,
): Rollout | undefined {
  const state = rollouts[system]?.[environment];
  return state && new Rollout(state);
}

/** @throws SternaError `RolloutMissing` */
function requireRollout(rollout: Rollout | undefined, system: string, environment: string): Rollout {
  if (rollout !== undefined) return rollout;
  throw new SternaError(
    "RolloutMissing",
    `releases.json has no rollout of ${system} in ${environment}; begin one with \`sterna rollout ${system} ${environment} --start blue\``,
  );
}

/** @throws SternaError `RolloutMissing`, `RolloutJump`, `CanaryOutOfRange`, `NothingToRollOut` */
function nextRollout(
  before: Rollout | undefined,
  options: RolloutOptions,
  { system, environment, release }: SynthesizedSystem,
): Rollout {
  if (options.move === "start") {
    if (before === undefined) return Rollout.steady(options.color, release);
    throw new SternaError(
      "RolloutJump",
      `cannot start: the rollout is in the phase "${before.phase}" with ${before.live} live. Only an environment without colors is started`,
    );
  }
  const rollout = requireRollout(before, system, environment);
  switch (options.move) {
    case "prewarm": {
      const next = rollout.prewarm(release);
      if (rollout.releaseOf(rollout.live) !== release) return next;
      throw new SternaError(
        "NothingToRollOut",
        `${rollout.live} runs release ${release} in ${environment} already, which is the pinned one; raise the pin first, with \`sterna promote ${system} …\``,
      );
    }
    case "canary":
      return rollout.canary(options.percent);
    case "cutover":
      return rollout.cutover();
    case "retire":
      return rollout.retire();
    case "abort":
      return rollout.abort();
  }
}

/**
 * Increasing the traffic, and removing the color to roll back to, must wait until the phase has baked without an alarm.
 * Reducing it never waits.
 *
 * @throws RefusedError `PhaseNotApplied`, `BakeTimeNotOver`, `AlarmFires`
 */
async function requireReady(
  { project, surroundings }: Toolkit,
  rollout: Rollout,
  move: RolloutMove["move"],
  { stack, environment, rollout: rules }: SynthesizedSystem,
): Promise<void> {
  if (rules === undefined || move === "abort" || rollout.phase === "steady" || rollout.phase === "aborted") return;
  const last = await lastRecord(project, stack);
  const appliedAt = last?.result === "applied" ? last.finishedAt : undefined;
  requireBaked(rollout, { bakeSeconds: rules.bakeSeconds, appliedAt }, new Date());
  // After a cutover, the color under test is the live one.
  const tried = rollout.phase === "cutover" ? rollout.live : rollout.idle;
  requireQuiet(await firingAlarms(rules.alarms[tried], variablesOf(project, environment, surroundings.environment)));
}

/**
 * Which of the CloudWatch alarms are in the state ALARM. Uses the region and the credentials of the environment.
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
