import { lt } from "semver";
import type { ErrorCode } from "../../core/error-codes";
import { RefusedError, SternaError } from "../../core/errors";
import type { Rollout } from "../../manifest/rollout";
import { CompatibilityMatrix } from "../../releases/compatibility-matrix";
import { requireMove } from "../../releases/upgrade-advice";
import type { SynthesizedSystem } from "../plan/synthesized-steps";

type ReleasedSystem = Pick<SynthesizedSystem, "system" | "environment" | "releases" | "compatibility">;

/** Why a move is refused. */
export interface RefusedMove {
  readonly code: ErrorCode;
  readonly detail: string;
}

/**
 * Why the compatibility matrix does not let an environment move from one release to another in one go, forward or back:
 * `RequiredStopSkipped` with the path to take, `NoUpgradePath`, `RollbackUnsupported`. Nothing where it does.
 */
export function refusedMove(
  { system, environment, releases, compatibility }: ReleasedSystem,
  from: string,
  to: string,
): RefusedMove | undefined {
  if (compatibility === undefined || from === to) return undefined;
  const matrix = new CompatibilityMatrix(compatibility.rows, compatibility);
  if (lt(to, from)) return refusedWayBack(matrix, { system, environment, releases }, from, to);
  try {
    requireMove(matrix, system, releases, from, to, `${environment} runs ${from}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof SternaError)) throw error;
    return { code: error.code, detail: error.message };
  }
}

function refusedWayBack(
  matrix: CompatibilityMatrix,
  { system, environment, releases }: ReleasedSystem,
  from: string,
  to: string,
): RefusedMove | undefined {
  const search = matrix.path(releases, to, from);
  const final = search.found ? search.moves.find(({ edge }) => edge.rollback === "no") : undefined;
  if (final === undefined) return undefined;
  return {
    code: "RollbackUnsupported",
    detail:
      `${system} in ${environment} cannot go back from ${from} to ${to}: the compatibility matrix says that the move from ` +
      `${final.from} to ${final.to} cannot be taken back. Restore the backup that was taken before it, or go forward`,
  };
}

/** What a rollout's phase is measured by. */
export interface BakeTime {
  /** How long a phase has to stand, in seconds. */
  readonly bakeSeconds: number;

  /** When the last successful apply of the stack ended; nothing when there is no record of it. */
  readonly appliedAt: string | undefined;
}

/**
 * A phase has to be applied, and to bake for a while, before the next one begins.
 *
 * @throws RefusedError `PhaseNotApplied`, `BakeTimeNotOver`
 */
export function requireBaked(rollout: Rollout, { bakeSeconds, appliedAt }: BakeTime, now: Date): void {
  const { since } = rollout.state;
  // Written by hand: the start of the phase is unknown.
  if (since === undefined) return;
  if (appliedAt === undefined || appliedAt < since) {
    throw new RefusedError(
      "PhaseNotApplied",
      `releases.json has held the phase "${rollout.phase}" since ${since}, and no apply of it is recorded; apply it first`,
    );
  }
  const over = new Date(Date.parse(appliedAt) + bakeSeconds * 1000);
  if (now >= over) return;
  throw new RefusedError(
    "BakeTimeNotOver",
    `the phase "${rollout.phase}" was applied ${appliedAt} and must bake for ${bakeSeconds} s: wait until ${over.toISOString()}, or abort`,
  );
}

/** @throws RefusedError `AlarmFires` */
export function requireQuiet(firing: readonly string[]): void {
  if (firing.length === 0) return;
  throw new RefusedError(
    "AlarmFires",
    `${firing.join(", ")} ${firing.length === 1 ? "fires" : "fire"}: find out why, or take the traffic back with --abort`,
  );
}
