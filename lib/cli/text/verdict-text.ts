import type { StepVerdict } from "../../promotion/compare-steps";

/** One line per step: verdict, name, reason. */
export function verdictLines(verdicts: readonly StepVerdict[]): string[] {
  const width = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));
  const verdictWidth = width(verdicts.map(({ verdict }) => verdict));
  const idWidth = width(verdicts.map(({ id }) => id));
  return verdicts.map(
    ({ verdict, id, reason }) => `  ${verdict.padEnd(verdictWidth)}  ${id.padEnd(idWidth)}  ${reason}`,
  );
}
