import { EngineError } from "../engine-error";
import type { CheckResult } from "../kinds/step-kind";

/** @throws EngineError `VerificationFailed` with every check that did not give the expected answer */
export function assertChecks(results: readonly CheckResult[]): void {
  const failed = results.filter((result) => result.actual !== result.expected);
  if (failed.length === 0) return;
  const lines = failed.map((result) => `${result.query}\n  expected: ${result.expected}\n  got:      ${result.actual}`);
  throw new EngineError("VerificationFailed", `verification failed:\n${lines.join("\n")}`);
}
