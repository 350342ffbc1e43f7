import { expect, it } from "@jest/globals";
import { execa } from "execa";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { LedgerSession } from "../../lib/engine/ledgers/ledger";
import type { ObjectStore } from "../../lib/engine/objects/object-store";
import type { Fault } from "../../lib/testing/aws/faults";
import { record } from "./ledger-record";
import { openObjectLedger, type ObjectLedgerConfig } from "./open-object-ledger";
import { repositoryRoot } from "./repository";

/** Seconds. S3 tells its time in whole ones. */
const LIFETIME = 2;

export interface ObjectLedgerFaultOptions {
  readonly config: ObjectLedgerConfig;
  faults(): { add(fault: Fault): void; clear(): void };

  /** Operation that writes an object. */
  readonly write: string;
}

/** What a ledger in an object store must stand. One suite, each store passes it. */
export function objectLedgerFaults({ config, faults, write }: ObjectLedgerFaultOptions): void {
  const using = async <T>(
    id: string,
    work: (session: LedgerSession) => Promise<T>,
    lifetime = LIFETIME,
    through?: (store: ObjectStore) => ObjectStore,
  ): Promise<T> => {
    const ledger = openObjectLedger(config, lifetime, through);
    try {
      return await ledger.withLock(id, work);
    } finally {
      await ledger.close();
    }
  };
  const read = async (id: string) => {
    const ledger = openObjectLedger(config, LIFETIME);
    try {
      return await ledger.get(id);
    } finally {
      await ledger.close();
    }
  };
  const startHolder = async (id: string) => {
    const worker = join(repositoryRoot, "test/support/object-ledger-worker.ts");
    const child = execa(process.execPath, ["--import", "tsx", worker, JSON.stringify(config), String(LIFETIME), id], {
      cwd: repositoryRoot,
      reject: false,
    });
    const said: string[] = [];
    child.stdout.on("data", (chunk: Buffer) => said.push(...chunk.toString().trim().split("\n")));
    const says = async (word: string): Promise<void> => {
      while (!said.includes(word)) {
        if (child.exitCode !== null) throw new Error(`the holder ended: ${said.join(" ")} ${(await child).stderr}`);
        await sleep(20);
      }
    };
    await says("held");
    return { child, says, said };
  };

  it.each<[string, Fault]>([
    ["throttled", { status: 503, code: "SlowDown", rate: 0.15 }],
    ["answered with 500", { status: 500, rate: 0.15 }],
    ["dropped", { drop: true, rate: 0.15 }],
    ["done and not answered", { loseAnswer: true, rate: 0.15 }],
  ])("loses no update, and holds no lock twice, while requests are %s", async (_, fault) => {
    // GIVEN
    faults().add(fault);
    let inside = 0;
    let most = 0;

    // WHEN
    const increment = (session: LedgerSession): Promise<void> => {
      most = Math.max(most, ++inside);
      return session
        .get()
        .then((row) => session.put(record("a", { attempt: (row?.attempt ?? 0) + 1 })))
        .finally(() => inside--);
    };
    await Promise.all(Array.from({ length: 5 }, () => using("a", increment, 20)));

    // THEN
    faults().clear();
    expect((await read("a"))?.attempt).toBe(5);
    expect(most).toBe(1);
  });

  it.each([1, 2, 3, 4, 5])("recognizes its own write %i when only the answer was lost", async (nth) => {
    // GIVEN the writes of a run: the lock, its proof, the row twice, the release
    faults().add({ op: write, loseAnswer: true, rate: 1 / nth, times: 1 });

    // WHEN
    await using("a", async (session) => {
      await session.put(record("a", { status: "running" }));
      await session.put(record("a", { status: "applied" }));
    });

    // THEN it is there, and the lock is free
    expect((await read("a"))?.status).toBe("applied");
    const begun = performance.now();
    await using("a", (session) => session.remove());
    expect(performance.now() - begun).toBeLessThan(LIFETIME * 1000);
  });

  it("keeps a lock beyond its lifetime while its holder lives", async () => {
    // GIVEN
    const events: string[] = [];
    const holder = using("a", async () => {
      await sleep(LIFETIME * 2500);
      events.push("first");
    });
    await sleep(300);

    // WHEN
    await using("a", async () => void events.push("second"));

    // THEN
    await holder;
    expect(events).toEqual(["first", "second"]);
  });

  it("takes over from a holder that was killed, once its lifetime is over and not before", async () => {
    // GIVEN
    const { child } = await startHolder("a");
    const killed = performance.now();
    child.kill("SIGKILL");
    await child;

    // WHEN
    await using("a", (session) => session.put(record("a", { error: "second" })));

    // THEN its last sign of life was at most a quarter of the lifetime old
    const waited = (performance.now() - killed) / 1000;
    expect(waited).toBeGreaterThan(LIFETIME * 0.7);
    expect(waited).toBeLessThan(LIFETIME + 6);
  });

  it("shuts out a holder that was paused for longer than its lifetime, and tells it to stop", async () => {
    // GIVEN a holder that has read the row, and does not know that time passes
    await using("a", (session) => session.put(record("a", { error: "first" })));
    const { child, says, said } = await startHolder("a");
    child.kill("SIGSTOP");

    // WHEN another one takes over and finishes, and then the first goes on
    await using("a", (session) => session.put(record("a", { error: "second" })));
    child.stdin.write("late\n");
    child.kill("SIGCONT");

    // THEN
    await says("LedgerConflict");
    await says("lost");
    child.stdin.end();
    await child;
    expect(said).not.toContain("put");
    expect((await read("a"))?.error).toBe("second");
    await using("a", (session) => session.remove());
  });

  it.each(["absent", "there"])("refuses a write that was under way for longer than the lock, row %s", async (row) => {
    // GIVEN a write that has been decided, and is held up on its way to the store
    if (row === "there") await using("a", (session) => session.put(record("a", { error: "first" })));
    let letGo = (): void => undefined;
    let heldUp = (): void => undefined;
    const underWay = new Promise<void>((resolve) => (heldUp = resolve));
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    let cutOff = false;
    const slow = (store: ObjectStore): ObjectStore => ({
      location: store.location,
      read: (key) => store.read(key),
      keys: (prefix) => store.keys(prefix),
      close: () => store.close(),
      writeIf: async (key, body, expected) => {
        // Its signs of life do not arrive either.
        if (cutOff && key.endsWith(".lock")) throw new Error("cut off");
        if (key.endsWith(".json")) {
          cutOff = true;
          heldUp();
          await gate;
        }
        return store.writeIf(key, body, expected);
      },
    });
    const late = using("a", (session) => session.put(record("a", { error: "late" })), LIFETIME, slow);
    const refused = expect(late).rejects.toMatchObject({ code: "LedgerConflict" });
    await underWay;

    // WHEN another one takes over before it arrives, and has not written its row yet
    await using("a", async (session) => {
      letGo();
      await refused;
      await session.put(record("a", { error: "second" }));
    });

    // THEN
    expect((await read("a"))?.error).toBe("second");
  });

  it("tells a holder to stop whose signs of life do not reach the store, before anybody takes over", async () => {
    // GIVEN
    await using("a", async (session) => {
      // WHEN
      const begun = performance.now();
      faults().add({ drop: true });
      await new Promise((lost) => session.lost!.addEventListener("abort", lost));
      faults().clear();

      // THEN
      expect((performance.now() - begun) / 1000).toBeLessThanOrEqual(LIFETIME + 0.2);
      expect(session.lost!.reason).toMatchObject({ code: "LedgerConflict" });
      // Nobody took over: the reason why it stopped can still be written down.
      await session.put(record("a", { status: "failed" }));
    });

    // THEN
    expect((await read("a"))?.status).toBe("failed");
  });

  it("names the place and what to check when the store cannot be used", async () => {
    const ledger = openObjectLedger({ ...config, bucket: "no-such-bucket" }, LIFETIME);
    const listing = ledger.list();
    await expect(listing).rejects.toMatchObject({ code: "LedgerUnreachable" });
    await expect(listing).rejects.toThrow("bucket no-such-bucket, sterna/shop/staging/ cannot be used");
    await ledger.close();
  });

  it("lists more rows than a page holds", async () => {
    // GIVEN
    const ids = Array.from({ length: 7 }, (_, index) => `step-${index}`);
    await Promise.all(ids.map((id) => using(id, (session) => session.put(record(id)))));

    // WHEN
    const ledger = openObjectLedger(config, LIFETIME);
    const rows = await ledger.list();
    await ledger.close();

    // THEN
    expect(rows.map((row) => row.id)).toEqual(ids);
  });
}
