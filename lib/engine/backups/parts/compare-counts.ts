import { EngineError } from "../../engine-error";
import type { CheckResult } from "../../kinds/step-kind";
import { someOf } from "../../some-of";
import type { PartRecord } from "../backup-manifest";

type Counted = Pick<PartRecord, "counts" | "digests">;

/** Compares what a backup says it holds with what a restore gave back, count by count and digest by digest. */
export function compareCounts(part: string, expected: Counted, actual: Counted): CheckResult[] {
  return [
    ...compare(part, "count", expected.counts, actual.counts),
    ...compare(part, "digest", expected.digests, actual.digests),
  ];
}

function compare(
  part: string,
  what: string,
  expected: Readonly<Record<string, number | string>>,
  actual: Readonly<Record<string, number | string>>,
): CheckResult[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])].sort();
  return names.map((name) => ({
    query: `${part}: ${what} of ${name}`,
    expected: String(expected[name] ?? "absent"),
    actual: String(actual[name] ?? "absent"),
  }));
}

/** The comparisons that failed. */
export function differencesIn(checks: readonly CheckResult[]): string[] {
  return checks
    .filter(({ expected, actual }) => expected !== actual)
    .map(({ query, expected, actual }) => `${query} is ${actual} instead of ${expected}`);
}

/** @throws EngineError `RestoreMismatch` */
export function assertRestored(checks: readonly CheckResult[]): void {
  const differences = differencesIn(checks);
  if (differences.length === 0) return;
  throw new EngineError(
    "RestoreMismatch",
    `what was restored is not what was backed up, and was thrown away: ${someOf(differences, 10, "; ")}`,
  );
}

/** @throws EngineError `BackupEmpty` */
export function assertNotEmpty(part: string, total: number, allowed: boolean, what: string): void {
  if (total > 0 || allowed) return;
  throw new EngineError(
    "BackupEmpty",
    `${part}: ${what}, so there would be nothing to restore. Check that it is the right server and that its volume is ` +
      `mounted; write "allowEmpty": true if it is meant to be empty`,
  );
}
