import type { Progress, StepRecord } from "../../manifest/step-record";
import type { Repairs } from "../project/present";
import { variablesOf, type Project } from "../project/project";
import { lastRecord } from "../project/records";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { readLedgers, type LedgerReading, type UnreadableLedger } from "./read-ledgers";

/** A system in an environment, as its ledgers see it. */
export interface SystemStatus extends Pick<SynthesizedSystem, "system" | "environment" | "release" | "protected"> {
  readonly steps: readonly StepStatus[];
  readonly unreadable: readonly UnreadableLedger[];
}

/** The ledgers of a stack, also those that only its last apply knew. */
export async function readOwnLedgers(
  project: Project,
  system: SynthesizedSystem,
  process: NodeJS.ProcessEnv,
): Promise<LedgerReading> {
  const variables = variablesOf(project, system.environment, process);
  return readLedgers(system, variables, (await lastRecord(project, system.stack))?.ledgers);
}

/** Rows that were marked as applied by hand. Unreadable ledgers are left out. */
export function repairedRows({ rows }: LedgerReading): Repairs {
  return new Map([...rows].flatMap(([id, { repaired }]) => (repaired === undefined ? [] : [[id, repaired]])));
}

/** How far each step of a stack is. */
export async function readStatus(
  project: Project,
  system: SynthesizedSystem,
  process: NodeJS.ProcessEnv,
): Promise<SystemStatus> {
  const reading = await readOwnLedgers(project, system, process);
  return {
    system: system.system,
    environment: system.environment,
    release: system.release,
    protected: system.protected,
    steps: stepStates(system, reading),
    unreadable: reading.unreadable,
  };
}

/**
 * - `pending`: declared, and not in the ledger
 * - `unknown`: its ledger cannot be read
 * - `leftover`: in the ledger, and not declared: the next apply rolls it back, or forgets it where Terraform's state
 *   does not know it either
 * - otherwise what the ledger says
 */
export type StepState = "pending" | "unknown" | "leftover" | StepRecord["status"];

/** How far a step is. */
export interface StepStatus {
  readonly id: string;
  readonly title: string;
  readonly release: string;
  readonly state: StepState;
  readonly appliedAt?: string;
  readonly error?: string;
  /** When the attempt began that is under way. */
  readonly startedAt?: string;
  readonly progress?: Progress;
}

/** Each declared step, in the order of the stack, then what only the ledger holds. */
function stepStates(system: SynthesizedSystem, { rows, unreadable }: LedgerReading): StepStatus[] {
  const unknown = new Set(unreadable.flatMap(({ steps }) => steps));
  const declared = new Set(system.steps.map(({ id }) => id));
  const facts = (row: StepRecord | undefined) => ({
    ...(row?.appliedAt === undefined ? {} : { appliedAt: row.appliedAt }),
    ...(row?.error === undefined ? {} : { error: row.error }),
    ...(row?.status === "running" || row?.status === "undoing" ? { startedAt: row.startedAt } : {}),
    ...(row?.progress === undefined ? {} : { progress: row.progress }),
  });
  return [
    ...system.steps.map(({ id, title, release }): StepStatus => {
      const row = rows.get(id);
      const state = row?.status ?? (unknown.has(id) ? "unknown" : "pending");
      return { id, title, release, state, ...facts(row) };
    }),
    ...[...rows.values()]
      .filter(({ id }) => !declared.has(id))
      .map((row): StepStatus => ({
        id: row.id,
        title: row.title,
        release: row.release,
        state: "leftover",
        ...facts(row),
      })),
  ];
}

/** Rows in the order of the stack's steps, then what the stack does not declare, oldest first. */
export function inStackOrder<Row extends Pick<StepRecord, "id" | "startedAt">>(
  { steps }: Pick<SynthesizedSystem, "steps">,
  rows: readonly Row[],
): Row[] {
  const places = new Map(steps.map(({ id }, place) => [id, place]));
  const placeOf = ({ id }: Row) => places.get(id) ?? steps.length;
  return [...rows].sort((a, b) => placeOf(a) - placeOf(b) || a.startedAt.localeCompare(b.startedAt, "en"));
}

const SILENT_SECONDS = 30;

/** A step that is worked on. */
export interface RunningStep {
  readonly startedAt: string;
  readonly progress?: Progress | undefined;
}

/**
 * How far a step is: `30 %, 300/1000 documents, 12 s, about 28 s left`.
 *
 * @param now milliseconds since 1970
 */
export function progressText({ startedAt, progress }: RunningStep, now: number): string {
  const elapsed = secondsBetween(startedAt, now);
  const { percent, message, at = startedAt } = progress ?? {};
  return [
    ...(percent === undefined ? [] : [`${Math.floor(percent)} %`]),
    ...(message === undefined ? [] : [message.split("\n")[0]!]),
    duration(elapsed),
    ...(percent === undefined || percent <= 0 ? [] : [`about ${duration((elapsed * (100 - percent)) / percent)} left`]),
    ...(isSilent({ startedAt, progress }, now) ? [`no sign of life for ${duration(secondsBetween(at, now))}`] : []),
  ].join(", ");
}

/** Whether whoever worked on the step seems to be gone: the engine gives a sign of life every 10 seconds. */
export function isSilent({ startedAt, progress }: RunningStep, now: number): boolean {
  return secondsBetween(progress?.at ?? startedAt, now) > SILENT_SECONDS;
}

/** The clocks of two machines differ. */
function secondsBetween(from: string, now: number): number {
  return Math.max(0, (now - Date.parse(from)) / 1000);
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
