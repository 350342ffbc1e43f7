import { FAULTS } from "./faults/index";
import type { Fault } from "./faults/fault";
import type { Round } from "./round";
import { randomFor } from "./seeds";

/** Faults of a round, by phase. Undoing has fewer: it ends when nothing is left to undo. */
export const FAULTS_BY_PHASE = { up: 6, down: 3 } as const;

/**
 * The fault of a place in a run. All faults of a phase come once before one comes again, in an order of the seed; one
 * that does not fit its round gives its place to another.
 *
 * @returns nothing when none fits
 */
export function chooseFault(round: Round, index: number): [name: string, fault: Fault] | undefined {
  const { phase, seed, number } = round;
  const { only } = round.laboratory;
  const names = Object.keys(FAULTS)
    .filter((name) => FAULTS[name]!.phases.includes(phase))
    .filter((name) => only === undefined || only.includes(name));
  if (names.length === 0) return undefined;
  const place = number * FAULTS_BY_PHASE[phase] + index;
  const order = randomFor(seed, "order", phase, Math.floor(place / names.length)).shuffle(names);
  const others = randomFor(seed, "instead", phase, place).shuffle(names);
  const name = [order[place % names.length]!, ...others].find((candidate) => fits(FAULTS[candidate]!, round));
  return name === undefined ? undefined : [name, FAULTS[name]!];
}

function fits(fault: Fault, round: Round): boolean {
  return fault.missing?.(round.laboratory) === undefined && (fault.fits?.(round) ?? true);
}
