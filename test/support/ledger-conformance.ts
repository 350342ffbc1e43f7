import { expect, it } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ledger, LedgerScope } from "../../lib/engine/ledgers/ledger";
import type { StepRecord } from "../../lib/manifest/step-record";
import { record } from "./ledger-record";

export { record };

/**
 * What every ledger must do. One suite, every ledger passes it.
 *
 * @param open opens the ledger under test anew: as another process would
 * @param otherEnvironment whether a ledger refuses rows of another environment in the same place, or keeps each
 *   environment in a place of its own
 */
export function ledgerConformance(
  open: (scope?: LedgerScope) => Ledger,
  otherEnvironment: "refused" | "apart" = "refused",
): void {
  const using = async <T>(work: (ledger: Ledger) => Promise<T>, scope?: LedgerScope): Promise<T> => {
    const ledger = open(scope);
    try {
      return await work(ledger);
    } finally {
      await ledger.close();
    }
  };
  const put = (row: StepRecord) => using((ledger) => ledger.withLock(row.id, (session) => session.put(row)));

  it("is empty at first, and reading it creates nothing", async () => {
    await using(async (ledger) => {
      expect(await ledger.list()).toEqual([]);
      expect(await ledger.get("a")).toBeUndefined();
    });
  });

  it("gives back rows exactly as they were put, oldest first", async () => {
    // GIVEN
    const rows = [
      record("b", { startedAt: "2026-01-01T00:00:00.000Z" }),
      record("a", { startedAt: "2026-01-02T00:00:00.000Z", artifact: { files: 3, sha256: "x", ok: true }, error: "é" }),
    ];

    // WHEN
    for (const row of [...rows].reverse()) await put(row);

    // THEN
    expect(await using((ledger) => ledger.list())).toEqual(rows);
    expect(await using((ledger) => ledger.get("a"))).toEqual(rows[1]);
  });

  it("replaces a row, and removes it", async () => {
    // GIVEN
    await put(record("a", { status: "running" }));

    // WHEN
    await put(record("a", { status: "applied", attempt: 2 }));
    const replaced = await using((ledger) => ledger.get("a"));
    await using((ledger) => ledger.withLock("a", (session) => session.remove()));

    // THEN
    expect(replaced).toMatchObject({ status: "applied", attempt: 2 });
    expect(await using((ledger) => ledger.list())).toEqual([]);
  });

  it("lets one at a time work on a step, and any number on different ones", async () => {
    // GIVEN
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await sleep(30);
      inside--;
    };

    // WHEN
    await Promise.all(Array.from({ length: 5 }, () => using((ledger) => ledger.withLock("same", work))));
    const mostOnOne = most;
    most = 0;
    await Promise.all(
      ["a", "b", "c"].map((id) => using((ledger) => ledger.withLock(id, () => work().then(() => sleep(300))))),
    );

    // THEN
    expect(mostOnOne).toBe(1);
    expect(most).toBeGreaterThan(1);
  });

  it("loses no update between many writers that meet for the first time", async () => {
    // WHEN
    const increment = (id: string) =>
      using((ledger) =>
        ledger.withLock(id, async (session) => {
          const attempt = ((await session.get())?.attempt ?? 0) + 1;
          await session.put(record(id, { attempt }));
        }),
      );
    await Promise.all(Array.from({ length: 24 }, (_, index) => increment(`step-${index % 3}`)));

    // THEN
    const rows = await using((ledger) => ledger.list());
    expect(rows.map((row) => row.attempt)).toEqual([8, 8, 8]);
  });

  it("frees the lock when the work fails, and passes the error on", async () => {
    // WHEN
    const failing = using((ledger) => ledger.withLock("a", () => Promise.reject(new Error("no"))));

    // THEN
    await expect(failing).rejects.toThrow("no");
    await put(record("a"));
  });

  it("ends its waiting on a signal", async () => {
    // GIVEN
    let release = (): void => undefined;
    const held = using((ledger) => ledger.withLock("a", () => new Promise<void>((resolve) => (release = resolve))));
    await sleep(200);

    // WHEN
    const waiting = using((ledger) =>
      ledger.withLock("a", () => Promise.resolve("never"), { signal: AbortSignal.timeout(500) }),
    );

    // THEN
    await expect(waiting).rejects.toThrow();
    release();
    await held;
  });

  it("gives no environment the rows of another", async () => {
    // GIVEN
    await put(record("a"));

    // WHEN
    const reading = using((ledger) => ledger.get("a"), { system: "shop", environment: "production" });

    // THEN
    if (otherEnvironment === "apart") await expect(reading).resolves.toBeUndefined();
    else await expect(reading).rejects.toMatchObject({ code: "LedgerOfOtherEnvironment" });
  });
}
