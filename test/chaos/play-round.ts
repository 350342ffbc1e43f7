import { chooseFault, FAULTS_BY_PHASE } from "./choose-fault";
import { assertApplied, assertUndone, repetitions } from "./invariants";
import type { Report } from "./report";
import { Round, type Laboratory } from "./round";
import { randomFor } from "./seeds";
import { Violation } from "./violation";

/**
 * Applies random steps under random faults, then undoes them under more of them, and asserts after each half that
 * plain applies bring everything in order.
 *
 * @param most how many faults are still wanted
 * @throws Violation
 */
export async function playRound(
  laboratory: Laboratory,
  seed: number,
  number: number,
  most: number,
  report: Report,
): Promise<void> {
  const round = new Round(laboratory, seed, number);
  try {
    await round.prepare();
    const before = report.injected;
    for (const phase of ["up", "down"] as const) {
      round.phase = phase;
      for (let index = 0; index < FAULTS_BY_PHASE[phase] && report.injected - before < most; index++) {
        if (phase === "down" && (await round.pending()).length === 0) break;
        await strike(round, index, report);
      }
      await settle(round, report);
      await (phase === "up" ? assertApplied(round) : assertUndone(round));
    }
    report.finishRound(round, repetitions(round));
    await round.remove();
  } catch (error) {
    const violation =
      error instanceof Violation ? error : new Violation("setup", (error as Error).stack ?? String(error));
    report.violate(round, violation);
  }
}

async function strike(round: Round, index: number, report: Report): Promise<void> {
  const chosen = chooseFault(round, index);
  if (chosen === undefined) return;
  const [name, fault] = chosen;
  report.strikes(round, name);
  await round.configure();
  round.first.keepState();
  const hit = await fault.inject(round, randomFor(round.seed, "fault", round.phase, round.number, index));
  report.struck(round, name, hit);
}

/** Plain applies, until every folder agrees; then there must be nothing left to plan, and nobody left at work. */
async function settle(round: Round, report: Report): Promise<void> {
  if (round.phase === "up") await round.grow();
  await round.some(1);
  await round.configure();
  for (const stack of round.usedStacks) report.converged(await round.converge(stack));
  await round.quiet();
  for (const stack of round.usedStacks) {
    const status = await stack.plan();
    if (status !== 0) throw new Violation("plan-not-empty", `a second plan ended with ${status}\n${stack.output()}`);
  }
}
