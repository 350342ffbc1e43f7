import type { CheckResult } from "../manifest/step-checks";
import { SternaError } from "../core/errors";
import type { StepRecord } from "../manifest/step-record";
import { withoutSuperseded } from "./ledgers/superseded";
import { inStackOrder, readOwnLedgers } from "./ledgers/system-status";
import { askStack } from "./stack-worker/ask-stack";
import type { StackAnswer } from "./stack-worker/messages";
import { openStack, type StackOptions, type Toolkit } from "./toolkit";

/**
 * - `holds`: each query returns the expected answer
 * - `drift`: at least one does not
 * - `unanswered`: a query could not be run
 * - `superseded`: later steps changed what its queries check, and check it instead
 * - `skipped`: the step is not applied, so there is nothing to verify
 */
export type Verdict = "holds" | "drift" | "unanswered" | "superseded" | "skipped";

/** Current results of a step's verify queries. */
export interface VerifiedStep {
  readonly id: string;
  readonly title: string;
  readonly release: string;
  readonly status: StepRecord["status"];
  readonly verdict: Verdict;
  readonly checks: readonly CheckResult[];
  readonly error?: string;
}

/** Current results of the verify queries of a stack. */
export interface Verification {
  readonly system: string;
  readonly environment: string;
  /** Whether every applied step still holds. */
  readonly holds: boolean;
  readonly steps: readonly VerifiedStep[];
}

/**
 * Runs the verify queries of all applied steps again. Changes nothing.
 *
 * @throws SternaError `LedgerUnreachable`, `StackWorkerFailed`, what `openStack` throws
 */
export async function verify(toolkit: Toolkit, options: StackOptions): Promise<Verification> {
  const { project, surroundings } = toolkit;
  const stack = await openStack(toolkit, options);
  const { rows, unreadable } = await readOwnLedgers(project, stack, surroundings.environment);
  if (unreadable[0] !== undefined) {
    const message = `which steps are applied cannot be known, so nothing was verified: ${unreadable[0].message}`;
    throw new SternaError("LedgerUnreachable", message);
  }
  const all = inStackOrder(stack, [...rows.values()]);
  const applied = all.filter(({ status }) => status === "applied");
  const work = { action: "verify" as const, steps: withoutSuperseded(applied) };
  const answers = await askStack(project, stack, work, toolkit, (id) => `asking ${id}…`);
  return toVerification(stack, all, answers);
}

function toVerification(
  { system, environment }: Pick<Verification, "system" | "environment">,
  rows: readonly StepRecord[],
  answers: readonly StackAnswer[],
): Verification {
  const answerOf = new Map(answers.map((answer) => [answer.id, answer]));
  const steps = rows.map(({ id, title, release, status }): VerifiedStep => {
    const answer = answerOf.get(id);
    const { checks = [], error } = answer ?? {};
    const verdict = status !== "applied" ? "skipped" : answer === undefined ? "superseded" : judge(checks, error);
    return { id, title, release, status, verdict, checks, ...(error === undefined ? {} : { error: error.message }) };
  });
  const holds = steps.every(({ verdict }) => verdict !== "drift" && verdict !== "unanswered");
  return { system, environment, holds, steps };
}

function judge(checks: readonly CheckResult[], error: StackAnswer["error"]): Verdict {
  if (error !== undefined) return "unanswered";
  return checks.every(({ expected, actual }) => expected === actual) ? "holds" : "drift";
}
