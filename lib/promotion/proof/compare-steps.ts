import type { StepRecord } from "../../manifest/step-record";
import type { SynthesizedStep } from "../plan/synthesized-steps";

/**
 * What the environment before says about a step.
 *
 * - `PROVEN`: applied there, with the same program
 * - `NOT-APPLIED`: part of the release there too, but not applied
 * - `DIFFERS`: applied there with another program
 * - `REPAIRED`: a person wrote into the ledger that it is applied there
 * - `ONLY-HERE`: the environment before has no such step
 * - `MISSING`: applied or declared there, and not part of what would be promoted
 */
export type Verdict = "PROVEN" | "NOT-APPLIED" | "DIFFERS" | "REPAIRED" | "ONLY-HERE" | "MISSING";

export interface StepVerdict {
  readonly id: string;
  readonly title: string;
  readonly verdict: Verdict;
  /** Why, for people. */
  readonly reason: string;
}

/** What is compared: the steps of two environments at one release, and what the first has applied. */
export interface Comparison {
  /** Name of the environment that proves. */
  readonly from: string;
  /** Name of the environment that is promoted. */
  readonly to: string;
  /** Steps of `from` at the release. */
  readonly declared: readonly SynthesizedStep[];
  /** The ledger of `from`. */
  readonly rows: readonly StepRecord[];
  /** Steps of `to` at the release. */
  readonly promoted: readonly SynthesizedStep[];
}

/** A verdict on every step, in the order of the promoted environment, then what is missing there. */
export function compareSteps({ from, to, declared, rows, promoted }: Comparison): StepVerdict[] {
  const applied = new Map(rows.map((row) => [row.id, row]));
  const known = new Set(declared.map(({ id }) => id));
  const here = new Set(promoted.map(({ id }) => id));
  const verdicts = promoted.map((step) => ({
    id: step.id,
    title: step.title,
    ...judge(step, applied.get(step.id), known, from),
  }));
  const rest = [...declared, ...rows.filter(({ id }) => !known.has(id))].filter(({ id }) => !here.has(id));
  return [
    ...verdicts,
    ...rest.map(({ id, title }): StepVerdict => {
      const reason = known.has(id)
        ? `${from} runs it at this release, ${to} would not`
        : `the ledger of ${from} still holds it, and no release pinned there does: apply ${from} first`;
      return { id, title, verdict: "MISSING", reason };
    }),
  ];
}

function judge(
  step: SynthesizedStep,
  row: StepRecord | undefined,
  known: ReadonlySet<string>,
  from: string,
): Pick<StepVerdict, "verdict" | "reason"> {
  if (row === undefined) {
    return known.has(step.id)
      ? { verdict: "NOT-APPLIED", reason: `the ledger of ${from} does not hold it` }
      : { verdict: "ONLY-HERE", reason: `${from} has no such step` };
  }
  if (row.status !== "applied") return { verdict: "NOT-APPLIED", reason: `${from} says "${row.status}"` };
  if (step.checksum === undefined) {
    return {
      verdict: "DIFFERS",
      reason: "its program holds a value that only Terraform knows, so nothing can prove it",
    };
  }
  if (row.checksum !== step.checksum) {
    const short = (checksum: string) => checksum.slice(0, 12);
    return { verdict: "DIFFERS", reason: `${from} applied ${short(row.checksum)}, here it is ${short(step.checksum)}` };
  }
  if (row.repaired !== undefined) {
    const { by, at, reason } = row.repaired;
    return {
      verdict: "REPAIRED",
      reason: `${by} wrote into the ledger of ${from} that it is applied (${at}: ${reason}): run it there, or waive it`,
    };
  }
  return { verdict: "PROVEN", reason: `applied in ${from} ${row.appliedAt ?? ""}`.trimEnd() };
}
