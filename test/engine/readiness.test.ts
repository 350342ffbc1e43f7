import { describe, expect, it } from "@jest/globals";
import { isStarting, whenReady } from "../../lib/engine/readiness";

const PATIENCE = { starting: 5_000, listening: 300 };

/** Fails so often, and then answers. */
function store(error: Error, failures: number) {
  const asked = { times: 0 };
  const ask = async (): Promise<string> => {
    if (asked.times++ < failures) throw error;
    return "ready";
  };
  return { asked, ask };
}

const withCode = (code: string) => Object.assign(new Error("no"), { code });

describe("a store that has just started", () => {
  it.each<[string, Error]>([
    ["PostgreSQL recovers", withCode("57P03")],
    ["Redis loads its data", new Error("LOADING Redis is loading the dataset in memory")],
    ["a replica of Redis waits for its primary", new Error("MASTERDOWN Link with MASTER is down")],
    ["InfluxDB opens a restored shard", new Error('InfluxDB refused "SELECT count(*)": shard is disabled')],
    ["InfluxDB replaces its engine", new Error("engine is closed")],
    ["the reason is the cause of another error", new Error("cannot be reached", { cause: withCode("57P03") })],
    ["one of several addresses says so", new AggregateError([withCode("57P03")])],
  ])("is asked until it answers, while %s", async (_what, error) => {
    const { ask, asked } = store(error, 3);
    expect(isStarting(error)).toBe(true);
    await expect(whenReady(ask, PATIENCE)).resolves.toBe("ready");
    expect(asked.times).toBe(4);
  });

  it("is asked again for a moment while it does not listen yet", async () => {
    await expect(whenReady(store(withCode("ECONNREFUSED"), 1).ask, PATIENCE)).resolves.toBe("ready");
  });

  it("is given up after its time, with what it said last", async () => {
    // GIVEN
    const { ask, asked } = store(withCode("ECONNREFUSED"), 1000);

    // WHEN
    const asking = whenReady(ask, PATIENCE);

    // THEN
    await expect(asking).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(asked.times).toBeLessThan(5);
  });

  it.each<[string, Error]>([
    ["a wrong password", withCode("28P01")],
    ["a missing database", withCode("3D000")],
    ["a query with the word LOADING in it", new Error("syntax error at LOADING ")],
  ])("is not asked again after %s", async (_what, error) => {
    const { ask, asked } = store(error, 1);
    await expect(whenReady(ask, PATIENCE)).rejects.toBe(error);
    expect(asked.times).toBe(1);
  });

  it("is not waited for after an interrupt", async () => {
    const signal = AbortSignal.timeout(150);
    await expect(whenReady(store(withCode("57P03"), 1000).ask, { ...PATIENCE, signal })).rejects.toThrow();
  });

  it("says once what it waits for", async () => {
    const reasons: string[] = [];
    const onWait = (reason: string) => void reasons.push(reason);
    await whenReady(store(new Error("LOADING data"), 2).ask, { ...PATIENCE, onWait });
    expect(reasons).toEqual(["LOADING data"]);
  });
});
