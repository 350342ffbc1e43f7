import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./fault";

/** Signals to Terraform, with a pause between two of them. */
function signal(...signals: NodeJS.Signals[]): Fault {
  return {
    phases: ["up", "down"],
    inject: (round, random) =>
      round.duringApply(random, async (run) => {
        for (const [index, name] of signals.entries()) {
          if (index > 0) await sleep(50 + random.below(300));
          run.kill(name);
        }
        return true;
      }),
  };
}

export const signals = {
  interrupt: signal("SIGINT"),
  terminate: signal("SIGTERM"),
  // Terraform ends at once, without waiting for its provider.
  "interrupt-twice": signal("SIGINT", "SIGINT"),
} satisfies Record<string, Fault>;
