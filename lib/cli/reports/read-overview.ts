import { existsSync } from "node:fs";
import { SternaError } from "../../core/sterna-error";
import { readPins } from "../../environments/pins-file";
import { sternaPackage } from "../../environments/sterna-package";
import type { ApplyRecord } from "../../promotion/apply-record";
import type {
  EnvironmentOverview,
  Overview,
  ReportedApply,
  ReportedRollout,
  ReportedStepState,
} from "../../promotion/report/overview";
import { Rollout, type RolloutState } from "../../releases/rollout";
import type { StepStatus } from "../ledgers/step-states";
import { readStatus } from "../ledgers/system-status";
import type { Project } from "../project/project";
import { allRecords } from "../project/records";
import type { SynthesizedSystem } from "../project/stacks";
import { nextBackups } from "./next-backups";

/** How many of the last applies are shown. */
const SHOWN_APPLIES = 5;

/** Reads pins, ledgers and records of systems. What cannot be read is said in its place. */
export async function readOverview(
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
    colours: rollout.colours.map((colour) => ({
      colour,
      release: rollout.releaseOf(colour)!,
      weight: weights[colour],
    })),
    ...(since === undefined ? {} : { since }),
  };
}
