import type { HalfAppliedStep } from "../ledgers/half-applied";
import type { Terminal } from "../terminal";

/** What is half-applied and why, for people. */
export function halfAppliedText(
  steps: readonly HalfAppliedStep[],
  { bold, dim, red, yellow }: Terminal["colors"],
): string {
  if (steps.length === 0) return "Nothing is half-applied.";
  const lines = steps.flatMap((step) => [
    `  ${(step.status === "failed" ? red : yellow)(step.id)}  ${step.title} ${dim(`(${step.release})`)}`,
    `      ${describeState(step)}`,
    ...(step.error === undefined ? [] : [step.error.replace(/^/gm, "      ")]),
    `      ${describeNext(step)}`,
  ]);
  return [bold("Half-applied:"), ...lines].join("\n");
}

function describeState({ status, attempt, startedAt, worker }: HalfAppliedStep): string {
  const begun = `attempt ${attempt}, begun ${startedAt}`;
  if (status === "failed") return `failed in ${begun}`;
  const what = status === "running" ? "began to run" : "began to be undone";
  return worker === undefined
    ? `${what} (${begun}); nobody works on it any more`
    : `${what} (${begun}); ${worker} works on it`;
}

function describeNext({ status, partial, onRetry, worker }: HalfAppliedStep): string {
  if (worker !== undefined) return "next: an apply waits for it, and goes on from what it leaves";
  if (status === "undoing") return "next: it is undone to the end, or, if it is wanted again, tried again";
  if (!partial) return "next: it starts again; it left nothing behind";
  return onRetry === "resume" ? "next: it goes on where it was" : "next: what it did is undone, then it starts again";
}
