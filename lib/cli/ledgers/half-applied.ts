import type { StepRecord } from "../../engine/step-record";
import type { CommandContext } from "../commands/command";
import type { Project } from "../project/project";
import type { SynthesizedSystem } from "../project/stacks";
import { askStack } from "../stack-worker/ask-stack";
import { inStackOrder } from "./stack-order";
import type { UnreadableLedger } from "./read-ledgers";
import { readOwnLedgers } from "./system-status";

/** A step that was begun, and neither finished nor undone. */
export interface HalfAppliedStep extends Pick<
  StepRecord,
  "id" | "title" | "release" | "attempt" | "startedAt" | "partial" | "onRetry"
> {
  readonly status: "running" | "failed" | "undoing";
  readonly error?: string;
  /** Who works on it at this moment. */
  readonly worker?: string;
}

/** Everything of a stack that is half-applied, in the order of its steps. */
export async function readHalfApplied(
  project: Project,
  system: SynthesizedSystem,
  context: CommandContext,
): Promise<{ readonly steps: HalfAppliedStep[]; readonly unreadable: readonly UnreadableLedger[] }> {
  const { rows, unreadable } = await readOwnLedgers(project, system, context.surroundings.environment);
  const half = inStackOrder(
    system,
    [...rows.values()].filter(({ status }) => status !== "applied"),
  );
  // Nobody works on a failed step: whoever did wrote that row at its end.
  const begun = half.filter(({ status }) => status !== "failed");
  const work = { action: "find-workers", steps: begun } as const;
  const answers = await askStack(project, system, work, context, (id) => `looking who works on ${id}…`);
  const workers = new Map(answers.map(({ id, worker }) => [id, worker]));
  const steps = half.map((row): HalfAppliedStep => {
    const { id, title, release, attempt, startedAt, partial, onRetry, error } = row;
    const worker = workers.get(id);
    return {
      ...{ id, title, release, attempt, startedAt, partial, onRetry },
      status: row.status as HalfAppliedStep["status"],
      ...(error === undefined ? {} : { error }),
      ...(worker === undefined ? {} : { worker }),
    };
  });
  return { steps, unreadable };
}
