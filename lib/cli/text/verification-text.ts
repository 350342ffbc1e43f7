import type { CheckResult } from "../../engine/kinds/step-kind";
import type { StepRecord } from "../../engine/step-record";
import type { StackAnswer } from "../stack-worker/messages";
import type { Terminal } from "../terminal";

/**
 * - `holds`: each query gives the expected answer
 * - `drift`: at least one does not
 * - `unanswered`: a query could not be asked
 * - `skipped`: the step is not applied, so it has nothing to hold
 */
export type Verdict = "holds" | "drift" | "unanswered" | "skipped";

/** What a step's verify queries say now. */
export interface VerifiedStep {
  readonly id: string;
  readonly title: string;
  readonly release: string;
  readonly status: StepRecord["status"];
  readonly verdict: Verdict;
  readonly checks: readonly CheckResult[];
  readonly error?: string;
}

/** What the verify queries of a stack say now. */
export interface Verification {
  readonly system: string;
  readonly environment: string;
  /** Whether every applied step still holds. */
  readonly holds: boolean;
  readonly steps: readonly VerifiedStep[];
}

export function toVerification(
  { system, environment }: Pick<Verification, "system" | "environment">,
  rows: readonly StepRecord[],
  answers: readonly StackAnswer[],
): Verification {
  const answerOf = new Map(answers.map((answer) => [answer.id, answer]));
  const steps = rows.map(({ id, title, release, status }): VerifiedStep => {
    const { checks = [], error } = answerOf.get(id) ?? {};
    const verdict = status === "applied" ? judge(checks, error) : "skipped";
    return { id, title, release, status, verdict, checks, ...(error === undefined ? {} : { error: error.message }) };
  });
  const holds = steps.every(({ verdict }) => verdict === "holds" || verdict === "skipped");
  return { system, environment, holds, steps };
}

function judge(checks: readonly CheckResult[], error: StackAnswer["error"]): Verdict {
  if (error !== undefined) return "unanswered";
  return checks.every(({ expected, actual }) => expected === actual) ? "holds" : "drift";
}

/** A verification for people: the steps that hold in a line each, the others with what was expected. */
export function verificationText(
  { system, environment, steps }: Verification,
  { bold, dim, green, red, yellow }: Terminal["colors"],
): string {
  const signs: Record<Verdict, string> = {
    holds: green("✓"),
    drift: red("✗"),
    unanswered: red("?"),
    skipped: yellow("–"),
  };
  const lines = steps.flatMap(({ id, title, release, status, verdict, checks, error }) => [
    `  ${signs[verdict]} ${id}  ${title} ${dim(`(${release}${verdict === "skipped" ? `, ${status}: not asked` : ""})`)}`,
    ...checks.filter(({ expected, actual }) => expected !== actual).flatMap(describeCheck),
    ...(error === undefined ? [] : [indent(`cannot be asked: ${error}`)]),
  ]);
  const count = (verdict: Verdict): number => steps.filter((step) => step.verdict === verdict).length;
  const others = (["drift", "unanswered", "skipped"] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `, ${count(verdict)} ${verdict}`);
  const asked = steps.length - count("skipped");
  return [
    bold(`${system} in ${environment}`),
    ...lines,
    asked === 0 && others.length === 0
      ? "No steps are applied."
      : `${count("holds")} of ${asked} steps hold${others.join("")}.`,
  ].join("\n");
}

function describeCheck({ query, expected, actual }: CheckResult): string[] {
  return [indent(query), indent(`  expected: ${expected}`), indent(`  actual:   ${actual}`)];
}

function indent(text: string): string {
  return text.replace(/^/gm, "      ");
}
