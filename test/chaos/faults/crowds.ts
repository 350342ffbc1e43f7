import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./fault";

/** Applies of the same steps from several folders, each with its own state, at the same time. */
function crowd(count: number): Fault {
  return {
    phases: ["up", "down"],
    async inject(round, random) {
      await round.grow();
      if ((await round.pending()).length === 0) return false;
      const runs = [];
      for (const stack of await round.some(count)) {
        runs.push(round.startApply(stack));
        await sleep(random.below(400));
      }
      await Promise.all(runs.map((run) => run.ended));
      return true;
    },
  };
}

export const crowds = {
  "two-applies": crowd(2),
  "three-applies": crowd(3),
} satisfies Record<string, Fault>;
