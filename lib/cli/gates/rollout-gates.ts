import { RefusedError } from "../../promotion/refused-error";
import type { Rollout } from "../../releases/rollout";

/** What a rollout's phase is measured by. */
export interface BakeTime {
  /** How long a phase has to stand, in seconds. */
  readonly bakeSeconds: number;

  /** When the last successful apply of the stack ended; nothing when there is no record of it. */
  readonly appliedAt: string | undefined;
}

/**
 * A phase has to be applied, and to stand for a while, before the next one begins.
 *
 * @throws RefusedError `PhaseNotApplied`, `BakeTimeNotOver`
 */
export function requireBaked(rollout: Rollout, { bakeSeconds, appliedAt }: BakeTime, now: Date): void {
  const { since } = rollout.state;
  // Written by hand: nobody says when the phase began.
  if (since === undefined) return;
  if (appliedAt === undefined || appliedAt < since) {
    throw new RefusedError(
      "PhaseNotApplied",
      `the phase "${rollout.phase}" stands in releases.json since ${since}, and no apply of it is on record; apply it first`,
    );
  }
  const over = new Date(Date.parse(appliedAt) + bakeSeconds * 1000);
  if (now >= over) return;
  throw new RefusedError(
    "BakeTimeNotOver",
    `the phase "${rollout.phase}" was applied ${appliedAt} and has to stand for ${bakeSeconds} s: wait until ${over.toISOString()}, or abort`,
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
