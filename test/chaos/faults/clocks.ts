import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./fault";

const JUMPS = ["-1h", "+1h", "-1d", "+30d", "-400d", "+400d"];

export const clocks = {
  "clock-jump": {
    phases: ["up", "down"],
    missing: ({ clock }) => (clock === undefined ? "libfaketime is not installed (Debian: faketime)" : undefined),
    async inject(round, random) {
      const clock = round.laboratory.clock!;
      try {
        return await round.duringApply(
          random,
          async (run) => {
            for (const jump of random.shuffle(JUMPS).slice(0, 3)) {
              clock.shift(jump);
              await Promise.race([sleep(random.below(500)), run.ended]);
            }
            return true;
          },
          // Not while Terraform starts its provider: their certificates are new, and Terraform's clock stays.
          { environment: clock.environment(), role: "command" },
        );
      } finally {
        clock.shift("+0");
      }
    },
  },
} satisfies Record<string, Fault>;
