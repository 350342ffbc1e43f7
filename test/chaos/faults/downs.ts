import type { Fault } from "./fault";

export const downs = {
  "failing-down": {
    phases: ["down"],
    async inject(round, random) {
      const applied = await round.pending();
      if (applied.length === 0) return false;
      const step = random.pick(applied);
      const [stack] = await round.some(1);
      await round.world.breakDown(step);
      const status = await round.startApply(stack!).ended;
      await round.world.mendDowns(step);
      return status !== 0;
    },
  },
} satisfies Record<string, Fault>;
