import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./fault";

export const ledgers = {
  "kill-postgres": {
    phases: ["up", "down"],
    inject: (round, random) =>
      round.duringApply(random, async () => {
        const { server } = round.laboratory;
        server.kill();
        await sleep(random.below(1000));
        await server.restart();
        return true;
      }),
  },
  "restart-postgres": {
    phases: ["up", "down"],
    inject: (round, random) =>
      round.duringApply(random, async () => {
        await round.laboratory.server.restart();
        return true;
      }),
  },
  "postgres-down-for-an-apply": {
    phases: ["up", "down"],
    async inject(round) {
      await round.grow();
      const [stack] = await round.some(1);
      round.laboratory.server.kill();
      try {
        await round.startApply(stack!).ended;
      } finally {
        await round.laboratory.server.restart();
      }
      return true;
    },
  },
  "ledger-directory-gone": {
    phases: ["up", "down"],
    fits: (round) => round.ledgerKind === "file",
    inject: (round, random) =>
      round.duringApply(random, async () => {
        const obstacle = join(round.directory, "not-a-directory");
        writeFileSync(obstacle, "");
        round.pointLedgerTo(obstacle);
        await sleep(200 + random.below(1200));
        round.pointLedgerTo(round.ledgerDirectory());
        return true;
      }),
  },
  "ledger-disk-full": {
    phases: ["up", "down"],
    missing: ({ disk }) => (disk === undefined ? "this process may not mount a tmpfs" : undefined),
    fits: (round) => round.ledgerKind === "file",
    inject: (round, random) =>
      round.duringApply(random, async () => {
        const disk = round.laboratory.disk!;
        disk.fill();
        await sleep(200 + random.below(1200));
        disk.free();
        return true;
      }),
  },
} satisfies Record<string, Fault>;
