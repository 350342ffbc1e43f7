import { describe, expect, it } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { ObjectLedger } from "../../../lib/engine/ledgers/object-ledger";
import type { ObjectStore, StoredObject } from "../../../lib/engine/objects/object-store";
import { record } from "../../support/ledger-record";

const LIFETIME_SECONDS = 1;

/** A store in memory that tells the age of its objects, by a clock that can be set. */
class ClockedStore implements ObjectStore {
  readonly location = "a store";
  ahead = 0;
  private readonly objects = new Map<string, { body: string; version: string; written: number }>();
  private versions = 0;

  async read(key: string): Promise<(StoredObject & { age: number }) | undefined> {
    const found = this.objects.get(key);
    return found && { body: found.body, version: found.version, age: performance.now() + this.ahead - found.written };
  }

  async writeIf(key: string, body: string, expected: string | undefined): Promise<string | undefined> {
    if (this.objects.get(key)?.version !== expected) return undefined;
    const version = String(++this.versions);
    this.objects.set(key, { body, version, written: performance.now() + this.ahead });
    return version;
  }

  async keys(prefix: string): Promise<string[]> {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix));
  }

  close(): void {}
}

describe("a lock in an object store", () => {
  const open = (store: ObjectStore) =>
    new ObjectLedger({
      store,
      prefix: "",
      scope: { system: "shop", environment: "staging" },
      lockLifetime: LIFETIME_SECONDS,
    });

  it.each([300_000, -300_000, 30 * 86_400_000])(
    "is not taken from a holder that gives signs of life, when the clock of the store jumps by %i ms",
    async (jump) => {
      // GIVEN
      const store = new ClockedStore();
      const events: string[] = [];
      const holder = open(store).withLock("a", async (session) => {
        events.push("first begins");
        await sleep(LIFETIME_SECONDS * 2500);
        events.push(session.lost?.aborted === true ? "first was lost" : "first ends");
      });
      await sleep(100);

      // WHEN
      store.ahead += jump;
      await open(store).withLock("a", async () => void events.push("second"));

      // THEN
      await holder;
      expect(events).toEqual(["first begins", "first ends", "second"]);
    },
    20_000,
  );

  it("is taken over after a lifetime of silence, also when the clock of the store went back meanwhile", async () => {
    // GIVEN a holder that died, as a store sees it: it writes once, and never again
    const store = new ClockedStore();
    const holder = { host: "gone", pid: 1 };
    const state = { state: "held", token: 1, owner: "gone", holder, beat: 0 };
    await store.writeIf("shop/staging/a.lock", JSON.stringify(state), undefined);
    store.ahead = -300_000;

    // WHEN
    const begun = performance.now();
    await open(store).withLock("a", (session) => session.put(record("a")));

    // THEN
    const waited = (performance.now() - begun) / 1000;
    expect(waited).toBeGreaterThan(LIFETIME_SECONDS);
    expect(waited).toBeLessThan(LIFETIME_SECONDS + 15);
  }, 30_000);
});
