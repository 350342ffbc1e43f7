import type { Presence } from "../../manifest/step-checks";
import type { ToolkitContext } from "../reporter";
import { sqlProgram, type SqlProgram } from "../../steps/sql/program";
import { parseProgram } from "../../engine/step-definition";
import { isEffectless } from "../../engine/step-kind";
import type { StepRecord } from "../../manifest/step-record";
import type { Project } from "../project/project";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { askStack } from "../stack-worker/ask-stack";
import { inRunOrder, isSameDatabase, isSupersededBy } from "./superseded";
import type { UnreadableLedger } from "./read-ledgers";
import { inStackOrder, readOwnLedgers } from "./system-status";

/** State of a declared step, from the ledger or from a check for its effect. */
export interface FoundStep {
  readonly id: string;
  readonly title: string;
  readonly release: string;
  /** `recorded`: applied according to the ledger, so it was not checked. */
  readonly state: Presence["state"] | "recorded";
  readonly by?: Presence["by"];
  readonly reason?: string;
  /** A check or a backup, whose absence leaves no gap. */
  readonly effectless: boolean;
  /** Earlier steps that are missing although this one is present. */
  readonly gaps: readonly string[];
}

/** Checks for the effect of each declared step that the ledger does not list as applied. */
export async function findApplied(
  project: Project,
  system: SynthesizedSystem,
  rows: ReadonlyMap<string, StepRecord>,
  context: ToolkitContext,
): Promise<FoundStep[]> {
  const missing = system.steps.filter(({ id }) => rows.get(id)?.status !== "applied");
  const steps = missing.map(({ id }) => system.definitions.get(id)).filter((step) => step !== undefined);
  const answers = await askStack(project, system, { action: "find", steps }, context, (id) => `looking for ${id}…`);
  const answerOf = new Map(answers.map((answer) => [answer.id, answer]));
  const found = system.steps.map(({ id, title, release, program }) => {
    const { presence, error } = answerOf.get(id) ?? {};
    const effectless = program !== undefined && isEffectless(program);
    const facts = { id, title, release, effectless };
    if (rows.get(id)?.status === "applied") return { ...facts, state: "recorded" as const };
    if (presence !== undefined) return { ...facts, ...presence };
    const reason = error?.message ?? "its program holds values that only Terraform knows";
    return { ...facts, state: "unknown" as const, reason };
  });
  return withGaps(system, inferred(system, found));
}

/**
 * What other steps imply about one: an Alembic revision was applied if a later one was; a step whose answers a later
 * one changed was applied if that one was; and if no tool kept a table, files were applied in order.
 */
export function inferred(
  { steps }: Pick<SynthesizedSystem, "steps">,
  found: readonly Omit<FoundStep, "gaps">[],
): readonly Omit<FoundStep, "gaps">[] {
  const stateOf = new Map(found.map((step) => [step.id, step]));
  const ordered = inRunOrder(steps).flatMap(({ id, program }) => {
    const parsed = program?.kind === "sql" ? sqlProgram.safeParse(program).data : undefined;
    return parsed === undefined ? [] : [{ program: parsed, step: stateOf.get(id)! }];
  });
  const change = new Map<string, FoundStep["state"]>();
  const isThere = ({ id, state }: Pick<FoundStep, "id" | "state">): boolean =>
    state === "recorded" || (change.get(id) ?? state) === "there";
  const reached = new Set<string>();
  // From the newest to the oldest, since an inferred step implies those before it.
  for (const [index, { program, step }] of [...ordered.entries()].reverse()) {
    const { history } = program;
    const later = ordered.slice(index + 1).filter((other) => isThere(other.step));
    if (history?.tool === "alembic") {
      if (reached.has(keyOf(program, history.version))) change.set(step.id, "there");
      if (isThere(step)) for (const parent of history.parents) reached.add(keyOf(program, parent));
      if (isThere(step)) reached.add(keyOf(program, ""));
    } else if (history?.tool === "none" && step.state === "unknown") {
      if (later.some((other) => isSameDatabase(other.program, program))) change.set(step.id, "there");
    } else if (step.by === "verify" && step.state === "absent") {
      if (later.some((other) => isSupersededBy(program, other.program))) change.set(step.id, "there");
    }
  }
  for (const [index, { program, step }] of ordered.entries()) {
    const { history } = program;
    if (step.state !== "unknown" || change.has(step.id)) continue;
    const before = ordered.slice(0, index).filter((other) => isSameDatabase(other.program, program));
    const isAfterHead = history?.tool === "alembic" && reached.has(keyOf(program, ""));
    const isAfterAbsent = history?.tool === "none" && before.some((other) => !isThere(other.step));
    if (isAfterHead || isAfterAbsent) change.set(step.id, "absent");
  }
  return found.map((step) => {
    const state = step.state === "recorded" ? undefined : change.get(step.id);
    if (state === undefined || state === step.state) return step;
    const { reason: _reason, ...rest } = step;
    return { ...rest, state };
  });
}

function keyOf(program: SqlProgram, revision: string): string {
  const table = program.history !== undefined && "table" in program.history ? program.history.table : "";
  return JSON.stringify([program.database, table, revision]);
}

/** Marks each step that is present while an earlier one is missing. */
export function withGaps(
  { steps, releases }: Pick<SynthesizedSystem, "steps" | "releases">,
  found: readonly Omit<FoundStep, "gaps">[],
): FoundStep[] {
  const absent = found.filter(({ state, effectless }) => state !== "there" && state !== "recorded" && !effectless);
  const before = predecessors(steps);
  const order = ({ release }: Pick<FoundStep, "release">) => releases.indexOf(release);
  return found.map((step) => {
    if (step.state !== "there") return { ...step, gaps: [] };
    const isBefore = (other: Pick<FoundStep, "id" | "release">) =>
      order(other) < order(step) || before.get(step.id)!.has(other.id);
    return { ...step, gaps: absent.filter(isBefore).map(({ id }) => id) };
  });
}

/** Each step with all of its direct and indirect predecessors. */
function predecessors(steps: SynthesizedSystem["steps"]): Map<string, ReadonlySet<string>> {
  const direct = new Map(steps.map(({ id, after }) => [id, after]));
  const collect = (id: string, known: Set<string>): Set<string> => {
    for (const other of direct.get(id) ?? []) {
      if (known.has(other)) continue;
      known.add(other);
      collect(other, known);
    }
    return known;
  };
  return new Map(steps.map(({ id }) => [id, collect(id, new Set())]));
}

/** A step that was begun, but neither finished nor undone. */
export interface HalfAppliedStep extends Pick<
  StepRecord,
  "id" | "title" | "release" | "attempt" | "startedAt" | "partial" | "onRetry"
> {
  readonly status: "running" | "failed" | "undoing";
  readonly error?: string;
  /** The process that is working on it. */
  readonly worker?: string;
}

/** All half-applied steps of a stack, in order. */
export async function readHalfApplied(
  project: Project,
  system: SynthesizedSystem,
  context: ToolkitContext,
): Promise<{ readonly steps: HalfAppliedStep[]; readonly unreadable: readonly UnreadableLedger[] }> {
  const { rows, unreadable } = await readOwnLedgers(project, system, context.surroundings.environment);
  const half = inStackOrder(
    system,
    [...rows.values()].filter(({ status }) => status !== "applied"),
  );
  // No process works on a failed step: its runner wrote that row at the end.
  const begun = half.filter(({ status }) => status !== "failed");
  const work = { action: "find-workers", steps: begun } as const;
  const answers = await askStack(project, system, work, context, (id) => `looking who works on ${id}…`);
  const workers = new Map(answers.map(({ id, worker }) => [id, worker]));
  const steps = half.map((row): HalfAppliedStep => {
    const { id, title, release, attempt, startedAt, partial, onRetry, error } = row;
    const worker = workers.get(id);
    return {
      id,
      title,
      release,
      attempt,
      startedAt,
      partial,
      onRetry,
      status: row.status as HalfAppliedStep["status"],
      ...(error === undefined ? {} : { error }),
      ...(worker === undefined ? {} : { worker }),
    };
  });
  return { steps, unreadable };
}

/**
 * Whether a program leaves nothing to undo: a check, or a backup that is kept. A program of another version counts as
 * having an effect, since announcing a rollback too many is safer.
 */
export function isEffectlessJson(json: string): boolean {
  try {
    return isEffectless(parseProgram(json));
  } catch {
    return false;
  }
}
