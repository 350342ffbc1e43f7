import type { Progress, StepRecord } from "../../manifest/step-record";
import type { Repairs } from "../project/present";
import { variablesOf, type Project } from "../project/project";
import { lastRecord } from "../project/records";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { readLedgers, type LedgerReading, type UnreadableLedger } from "./read-ledgers";

/** Status of a system in an environment, from its ledgers. */
export interface SystemStatus extends Pick<SynthesizedSystem, "system" | "environment" | "release" | "protected"> {
  readonly steps: readonly StepStatus[];
  readonly unreadable: readonly UnreadableLedger[];
}

/** The ledgers of a stack, including those that only its last apply used. */
export async function readOwnLedgers(
  project: Project,
  system: SynthesizedSystem,
  process: NodeJS.ProcessEnv,
): Promise<LedgerReading> {
  const variables = variablesOf(project, system.environment, process);
  return readLedgers(system, variables, (await lastRecord(project, system.stack))?.ledgers);
}

/** Rows that were manually marked as applied. Ignores unreadable ledgers. */
export function repairedRows({ rows }: LedgerReading): Repairs {
  return new Map([...rows].flatMap(([id, { repaired }]) => (repaired === undefined ? [] : [[id, repaired]])));
}

/** Status of each step of a stack. */
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
 * - `pending`: declared, but not in the ledger
 * - `unknown`: its ledger cannot be read
 * - `leftover`: in the ledger, but not declared: the next apply rolls it back, or forgets it if it is not in
 *   Terraform's state either
 * - otherwise the status in the ledger
 */
export type StepState = "pending" | "unknown" | "leftover" | StepRecord["status"];

/** Status of a step. */
export interface StepStatus {
  readonly id: string;
  readonly title: string;
  readonly release: string;
  readonly state: StepState;
  readonly appliedAt?: string;
  readonly error?: string;
  /** Start of the current attempt. */
  readonly startedAt?: string;
  readonly progress?: Progress;
}

/** Each declared step, in the order of the stack, followed by those that are only in the ledger. */
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

/** Rows in the order of the stack's steps, followed by undeclared ones, oldest first. */
export function inStackOrder<Row extends Pick<StepRecord, "id" | "startedAt">>(
  { steps }: Pick<SynthesizedSystem, "steps">,
  rows: readonly Row[],
): Row[] {
  const places = new Map(steps.map(({ id }, place) => [id, place]));
  const placeOf = ({ id }: Row) => places.get(id) ?? steps.length;
  return [...rows].sort((a, b) => placeOf(a) - placeOf(b) || a.startedAt.localeCompare(b.startedAt, "en"));
}

const SILENT_SECONDS = 30;

/** A step in progress. */
export interface RunningStep {
  readonly startedAt: string;
  readonly progress?: Progress | undefined;
}

/**
 * Progress of a step: `30 %, 300/1000 documents, 12 s, about 28 s left`.
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

/** Whether the runner of the step seems to be gone: the engine sends a heartbeat every 10 seconds. */
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
