import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { SternaError } from "../core/errors";
import { readJsonFile } from "../core/read-json-file";
import { sternaPackage } from "../core/sterna-package";
import { readPins } from "../manifest/pins-file";
import { Rollout, type RolloutState } from "../manifest/rollout";
import type { ApplyRecord } from "../promotion/records/apply-record";
import type {
  EnvironmentOverview,
  Overview,
  ReportedApply,
  ReportedRollout,
  ReportedStepState,
  ReportedBackup,
} from "../promotion/report/overview";
import { Schedule } from "../schedule/schedule";
import { type StepStatus, readStatus } from "./ledgers/system-status";
import type { Project } from "./project/project";
import { allRecords } from "./project/records";
import type { SynthesizedSystem } from "../promotion/plan/synthesized-steps";
import { openSystems, type SystemsOptions, type Toolkit } from "./toolkit";

/** Number of recent applies that are shown. */
const SHOWN_APPLIES = 5;

/**
 * What runs where: releases, steps, colors, applies and next backups of all systems in all environments. An unreadable
 * ledger or record is part of the result.
 *
 * @throws SternaError what `openSystems` throws
 */
export async function report(toolkit: Toolkit, options: SystemsOptions = {}): Promise<Overview> {
  const { project, surroundings, terminal } = toolkit;
  const systems = await openSystems(toolkit, options);
  terminal.announce("reading ledgers and records…");
  const overview = await readOverview(project, systems, surroundings.environment);
  terminal.showLive(undefined);
  return overview;
}

async function readOverview(
  project: Project,
  systems: readonly SynthesizedSystem[],
  process: NodeJS.ProcessEnv,
): Promise<Overview> {
  const now = new Date();
  const rollouts = existsSync(project.pinsFile) ? readPins(project.pinsFile).rollouts : {};
  const lanes = await Promise.all(
    systems.map(async (each) => {
      const rollout = rollouts[each.system]?.[each.environment];
      return { system: each.system, lane: await readLane(project, each, rollout, process, now) };
    }),
  );
  const names = [...new Set(lanes.map(({ system }) => system))];
  return {
    version: 1,
    madeAt: now.toISOString(),
    sterna: sternaPackage().version,
    systems: names.map((name) => ({
      system: name,
      environments: lanes.filter(({ system }) => system === name).map(({ lane }) => lane),
    })),
  };
}

async function readLane(
  project: Project,
  system: SynthesizedSystem,
  rollout: RolloutState | undefined,
  process: NodeJS.ProcessEnv,
  now: Date,
): Promise<EnvironmentOverview> {
  const unreadable: string[] = [];
  const orNothing = async <T>(reading: Promise<T>): Promise<T | undefined> => {
    try {
      return await reading;
    } catch (error) {
      if (!(error instanceof SternaError)) throw error;
      unreadable.push(`${error.code}: ${error.message}`);
      return undefined;
    }
  };
  const records = ((await orNothing(allRecords(project, system.stack))) ?? []).map(({ record }) => record);
  const status = await orNothing(readStatus(project, system, process));
  const applied = records.findLast(({ result }) => result === "applied")?.release;
  return {
    environment: system.environment,
    protected: system.protected,
    release: system.release,
    ...(applied === undefined ? {} : { applied }),
    applies: records.slice(-SHOWN_APPLIES).reverse().map(toApply),
    steps: (status?.steps ?? []).map(toStep),
    unreadable: [...unreadable, ...(status?.unreadable ?? []).map(({ code, message }) => `${code}: ${message}`)],
    ...(rollout === undefined ? {} : { rollout: toRollout(new Rollout(rollout)) }),
    backups: nextBackups(system, now),
  };
}

function toApply({ finishedAt, release, result, by, resources, steps }: ApplyRecord): ReportedApply {
  const done = steps.filter(({ status }) => status === "done").length;
  const { add, change, destroy } = resources;
  return { finishedAt, release, result, by, add, change, destroy, steps: done };
}

function toStep({ id, title, release, state, appliedAt, error }: StepStatus): ReportedStepState {
  return {
    id,
    title,
    release,
    state,
    ...(appliedAt === undefined ? {} : { appliedAt }),
    ...(error === undefined ? {} : { error: error.split("\n")[0]! }),
  };
}

function toRollout(rollout: Rollout): ReportedRollout {
  const { phase, live, weights } = rollout;
  const { since } = rollout.state;
  return {
    phase,
    live,
    colors: rollout.colors.map((color) => ({
      color,
      release: rollout.releaseOf(color)!,
      weight: weights[color],
    })),
    ...(since === undefined ? {} : { since }),
  };
}

const rule = z.looseObject({
  rule_name: z.string().optional(),
  schedule: z.string().optional(),
  schedule_expression_timezone: z.string().optional(),
});
const plan = z.looseObject({ rule: z.union([z.array(rule), rule.transform((one) => [one])]).optional() });

/** The parts of a `cdk.tf.json` that are read. */
const stackWithBackups = z.looseObject({
  resource: z.looseObject({ aws_backup_plan: z.record(z.string(), plan).optional() }).optional(),
});

/**
 * Next times of the synthesized AWS Backup plans, soonest first.
 *
 * @throws SternaError `SynthesisUnreadable`
 */
function nextBackups({ directory }: Pick<SynthesizedSystem, "directory">, from: Date): ReportedBackup[] {
  const stack = readJsonFile(join(directory, "cdk.tf.json"), stackWithBackups, "SynthesisUnreadable");
  return Object.entries(stack.resource?.aws_backup_plan ?? {})
    .flatMap(([name, { rule: rules = [] }]) =>
      rules.flatMap(({ rule_name, schedule, schedule_expression_timezone: zone }) =>
        schedule === undefined
          ? []
          : [nextOf(`aws_backup_plan.${name} (${rule_name ?? "rule"})`, schedule, zone, from)],
      ),
    )
    .sort((a, b) => ((a.next ?? "z") < (b.next ?? "z") ? -1 : 1));
}

/** A schedule that only Terraform knows, or that cannot be parsed, is shown as is. */
function nextOf(name: string, expression: string, zone: string | undefined, from: Date): ReportedBackup {
  try {
    const schedule = Schedule.aws(expression, zone === undefined ? {} : { zone });
    const [next] = schedule.nextRuns(1, from);
    return { name, schedule: schedule.describe(), ...(next === undefined ? {} : { next: next.toISOString() }) };
  } catch (error) {
    if (!(error instanceof SternaError)) throw error;
    return { name, schedule: expression };
  }
}
