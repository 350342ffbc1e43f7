import { gt } from "semver";
import { RefusedError, SternaError } from "../../core/errors";
import { describeKnown } from "../../core/nearest";
import { EngineError } from "../../engine/engine-error";
import { mayHaveEffect, removalOf } from "../../engine/executor/operations";
import type { StepRecord } from "../../manifest/step-record";
import type { SynthesizedSystem } from "../plan/synthesized-steps";
import { inOrder } from "../plan/step-change";

/** What going back to an older release does with the steps of the newer ones, each list in the order of undoing. */
export interface Rollback {
  readonly undo: readonly StepRecord[];
  /** Steps that leave nothing to undo, or whose effect is meant to stay. */
  readonly keep: readonly StepRecord[];
  /** Steps that block it. */
  readonly blocked: readonly BlockedStep[];
}

export interface BlockedStep {
  readonly row: StepRecord;
  readonly code: "StepIrreversible" | "StepRemovalRefused";
  readonly reason: string;
}

/**
 * What a rollback would do, from what the ledger recorded: the steps of newer releases may be unknown to the older code.
 * The engine decides by the same rule when it removes them.
 *
 * @param rows the ledger of the environment
 * @param to the release to go back to
 */
export function planRollback(rows: readonly StepRecord[], to: string): Rollback {
  const newer = inOrder(rows.filter(({ release }) => gt(release, to))).reverse();
  const undo: StepRecord[] = [];
  const keep: StepRecord[] = [];
  const blocked: BlockedStep[] = [];
  for (const row of newer) {
    const removal = removalOfRow(row);
    if (removal === "rollback") undo.push(row);
    else if (removal === "forget") keep.push(row);
    else blocked.push({ row, ...removal });
  }
  return { undo, keep, blocked };
}

function removalOfRow(row: StepRecord): ReturnType<typeof removalOf> | Omit<BlockedStep, "row"> {
  // A failed attempt that left nothing behind only loses its row.
  if (!mayHaveEffect(row)) return "forget";
  try {
    return removalOf(row);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return error.code === "StepIrreversible"
      ? { code: "StepIrreversible", reason: row.irreversible ?? error.message }
      : { code: "StepRemovalRefused", reason: 'it is declared to stay (on_destroy = "refuse")' };
  }
}

/** @throws SternaError `UnknownRelease` with the known ones */
export function requireKnown({ system, releases }: SynthesizedSystem, to: string): void {
  if (releases.includes(to)) return;
  throw new SternaError("UnknownRelease", `${system} has no release "${to}": ${describeKnown(to, releases)}`);
}

/** @throws SternaError `ReleaseNotOlder` */
export function requireOlder({ system, environment, release, releases }: SynthesizedSystem, to: string): void {
  if (gt(release, to)) return;
  const older = releases.filter((candidate) => gt(release, candidate));
  throw new SternaError(
    "ReleaseNotOlder",
    `${system} in ${environment} runs ${release}, and ${to} is newer: to move forward, use \`sterna promote\`. Older are ${older.join(", ") || "none"}.`,
  );
}

/**
 * No environment may run what the one before it does not: so the last environment goes back first.
 *
 * @throws RefusedError `NextEnvironmentNewer`
 */
export function requireLastToRun(target: SynthesizedSystem, chain: readonly SynthesizedSystem[], to: string): void {
  const newer = chain.filter(({ order, release }) => order > target.order && gt(release, to));
  const last = newer.at(-1);
  if (last === undefined) return;
  const names = newer.map(({ environment, release }) => `${environment} (${release})`).join(", ");
  throw new RefusedError(
    "NextEnvironmentNewer",
    `${target.environment} cannot go back to ${to} while ${names} runs a newer release: no environment may run what the one before it does not. ` +
      `Go back from the end of the chain: \`sterna rollback ${target.system} ${last.environment} --to ${to}\` first`,
  );
}

/** @throws RefusedError `StepIrreversible`, `StepRemovalRefused` */
export function requireReversible({ blocked }: Rollback, { environment }: SynthesizedSystem, to: string): void {
  const [first] = blocked;
  if (first === undefined) return;
  const steps = blocked.map(({ row, reason }) => `  ${row.id} (${row.release}): ${reason}`).join("\n");
  throw new RefusedError(
    first.code,
    `${environment} cannot go back to ${to}; releases.json stays as it was. These steps cannot be undone:\n${steps}\n` +
      "Restore the backup that was taken before them, or go forward with a release that repairs what is wrong.",
  );
}
