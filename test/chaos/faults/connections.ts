import { setTimeout as sleep } from "node:timers/promises";
import { DATABASE_URL } from "../steps";
import { Violation } from "../violation";
import type { Fault } from "./fault";

/** What the network, and what is on the way, does to the connections of a ledger. */
export const connections = {
  // As a firewall or a proxy forgets a connection that was silent for too long; the server may not learn of it.
  "cut-connections": {
    phases: ["up", "down"],
    inject: (round, random) =>
      round.duringApply(random, async () => {
        for (let cuts = 1 + random.below(3); cuts > 0; cuts--) {
          round.laboratory.proxy.cut(random.pick(["both", "client"] as const));
          await sleep(random.below(800));
        }
        return true;
      }),
  },
  // The sockets stay open and nothing comes any more, until a person presses Ctrl-C.
  "silent-server": {
    phases: ["up", "down"],
    inject: (round, random) =>
      round.duringApply(
        random,
        async (run) => {
          const { proxy } = round.laboratory;
          proxy.fallSilent();
          await sleep(random.below(3000));
          run.kill("SIGINT");
          await run.ended;
          proxy.recover();
          proxy.cut();
          return true;
        },
        { count: 1 },
      ),
  },
  "lost-locks": {
    phases: ["up", "down"],
    inject: (round, random) => round.duringApply(random, async () => (await round.world.endLockSessions()) > 0),
  },
  "transaction-pooler": {
    phases: ["up", "down"],
    missing: ({ pooler }) => (pooler === undefined ? "pgbouncer is not installed" : undefined),
    async inject(round) {
      await round.grow();
      const pending = await round.pending();
      if (round.ledgerKind !== "postgres" && !pending.some((step) => step.kind === "sql")) return false;
      const [stack] = await round.some(1);
      const url = round.laboratory.pooler!.through(round.environment[DATABASE_URL]!);
      const status = await round.startApply(stack!, { environment: { [DATABASE_URL]: url } }).ended;
      if (status === 0) throw new Violation("setup", `an apply through a pooler was not refused\n${stack!.output()}`);
      return true;
    },
  },
  // One host cannot see what runs on the other: the lock alone keeps them apart.
  "two-hosts": {
    phases: ["up", "down"],
    missing: () => (process.getuid?.() === 0 ? undefined : "this process may not set a host name"),
    fits: (round) => round.ledgerKind === "postgres",
    async inject(round, random) {
      await round.grow();
      if ((await round.pending()).length === 0) return false;
      const [here, there] = await round.some(2);
      const runs = [round.startApply(here!)];
      await sleep(random.below(1500));
      runs.push(round.startApply(there!, { host: "another-host" }));
      await Promise.all(runs.map((run) => run.ended));
      return true;
    },
  },
} satisfies Record<string, Fault>;
