import { lte } from "semver";
import { isEffectless } from "../../engine/step-kind";
import type { PlanReading } from "../plan/plan-builder";
import type { PlanSummary } from "../plan/plan-summary";
import type { GateResult } from "../promotion-report";
import { toStepState } from "../plan/step-change";
import type { SynthesizedSystem } from "../plan/synthesized-steps";

/** Name of the gate. */
export const HISTORY_GATE = "history";

/** What happens to steps that are applied, besides nothing. */
const APPLIED = ["describe", "adopt"];

/**
 * Refuses a step that leaves a release which stays, and one that comes before applied steps, unless the migration
 * names it: most often it is a slip.
 *
 * @returns nothing where there is no such step
 */
export function historyResult(
  system: SynthesizedSystem,
  { steps, rollbacks }: PlanSummary,
  plan: PlanReading,
): GateResult[] {
  const { removed = [], outOfOrder = [] } = system.history ?? {};
  const gone = rollbacks
    .filter(
      ({ id, action, release }) => action === "roll-back" && lte(release, system.release) && !removed.includes(id),
    )
    .map(({ id, release }) => `step ${id} is applied, and release ${release} no longer contains it`);
  // A step gets a new description when another one is put before it: its `after` names that one.
  const described = steps.filter(({ action }) => APPLIED.includes(action)).map(({ id }) => id);
  const applied = new Set([...plan.steps.flatMap((step) => toStepState(step)?.id ?? []), ...described]);
  const late = steps
    .filter(({ id, action }) => action === "run" && !outOfOrder.includes(id) && hasEffect(system, id))
    .flatMap(({ id }) => {
      const after = followers(system, id).find((each) => applied.has(each));
      return after === undefined ? [] : [`step ${id} comes before ${after}, which is applied already`];
    });
  if (gone.length + late.length === 0) return [];
  const cures = [
    ...(gone.length === 0
      ? []
      : [`Restore it; or, to roll it back on purpose, add \`removed: ["${firstWord(gone[0]!)}"]\` to the migration.`]),
    ...(late.length === 0
      ? []
      : [
          `Move it after all applied steps, or into the next release; or, if its place does not matter, add \`outOfOrder: ["${firstWord(late[0]!)}"]\` to the migration.`,
        ]),
  ];
  return [
    {
      id: HISTORY_GATE,
      title: "Applied steps keep their places",
      stage: "plan",
      result: "refused",
      code: gone.length > 0 ? "AppliedStepRemoved" : "StepOutOfOrder",
      detail: [...gone, ...late, ...cures].join("\n"),
    },
  ];
}

/** `step b is …` is about `b`. */
function firstWord(text: string): string {
  return text.split(" ")[1]!;
}

/** A check or a backup may run at any time. */
function hasEffect({ steps }: SynthesizedSystem, id: string): boolean {
  const program = steps.find((step) => step.id === id)?.program;
  return program === undefined || !isEffectless(program);
}

/** The steps that wait for a step, through others too. */
function followers({ steps }: SynthesizedSystem, id: string): string[] {
  const found = new Set([id]);
  for (let size = 0; size < found.size;) {
    size = found.size;
    for (const step of steps) if (step.after.some((before) => found.has(before))) found.add(step.id);
  }
  found.delete(id);
  return [...found];
}
