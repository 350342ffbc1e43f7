import type { Fault } from "./fault";

/**
 * Only while steps are applied: what Terraform has forgotten it cannot undo. The apply that follows finds the steps in
 * the ledger again.
 */
export const states = {
  "lost-state": {
    phases: ["up"],
    fits: (round) => round.first.hasState,
    async inject(round) {
      round.first.loseState();
      return true;
    },
  },
  "lost-state-after-kill": {
    phases: ["up"],
    inject: (round, random) =>
      round.duringApply(random, async (run, stack) => {
        run.kill("SIGKILL");
        await run.ended;
        stack.loseState();
        return true;
      }),
  },
  "old-state": {
    phases: ["up"],
    fits: (round) => round.first.keptStates > 0,
    async inject(round, random) {
      round.first.restoreState(random.below(round.first.keptStates));
      return true;
    },
  },
} satisfies Record<string, Fault>;
