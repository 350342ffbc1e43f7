import type { StepRecord } from "../../engine/step-record";
import type { SynthesizedSystem } from "../project/stacks";

/** Rows in the order of the stack's steps, then what the stack does not declare, oldest first. */
export function inStackOrder<Row extends Pick<StepRecord, "id" | "startedAt">>(
  { steps }: Pick<SynthesizedSystem, "steps">,
  rows: readonly Row[],
): Row[] {
  const places = new Map(steps.map(({ id }, place) => [id, place]));
  const placeOf = ({ id }: Row) => places.get(id) ?? steps.length;
  return [...rows].sort((a, b) => placeOf(a) - placeOf(b) || a.startedAt.localeCompare(b.startedAt, "en"));
}
