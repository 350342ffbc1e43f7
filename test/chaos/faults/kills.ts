import { killIn, type ProcessRole } from "../../support/processes";
import type { Fault } from "./fault";

/** `kill -9` of every process of a role, once there is one. */
function kill(first: ProcessRole, ...rest: ProcessRole[]): Fault {
  return {
    phases: ["up", "down"],
    inject: (round, random) =>
      round.duringApply(random, (_run, stack) => killIn(stack.directory, [first, ...rest]) > 0, { role: first }),
  };
}

export const kills = {
  "kill-terraform": {
    phases: ["up", "down"],
    inject: (round, random) =>
      round.duringApply(random, (run) => {
        run.kill("SIGKILL");
        return true;
      }),
  },
  "kill-provider": kill("provider"),
  "kill-terraform-and-provider": kill("provider", "terraform"),
  "kill-runner": kill("runner"),
  // All steps that it runs lose it at once.
  "kill-host": {
    phases: ["up", "down"],
    inject(round, random) {
      if (round.phase === "up") round.widen(3);
      return round.duringApply(random, (_run, stack) => killIn(stack.directory, ["runner"]) > 0, {
        role: "runner",
        commands: 2,
      });
    },
  },
  // Its command is left to itself: nobody tells it to end.
  "kill-runner-and-guard": kill("guard", "runner"),
  "kill-command": kill("command"),
  "kill-all-but-command": kill("guard", "runner", "provider", "terraform"),
  "kill-everything": {
    phases: ["up", "down"],
    inject: (round, random) =>
      round.duringApply(
        random,
        (_run, stack) => killIn(stack.directory, ["terraform", "guard", "runner", "provider", "command", "other"]) > 0,
      ),
  },
} satisfies Record<string, Fault>;
