import { describe, expect, it } from "@jest/globals";
import type { StepRecord } from "../../lib/manifest/step-record";
import { inferred, withGaps, type FoundStep } from "../../lib/toolkit/ledgers/find-applied";
import { withoutSuperseded } from "../../lib/toolkit/ledgers/superseded";

type Found = Omit<FoundStep, "gaps">;

/** Gaps of steps `id: [release, after, state]`, where `!` in front of the state means a step without an effect. */
function gaps(
  steps: Record<string, [release: string, after: string[], state: string]>,
): Record<string, readonly string[]> {
  const declared = Object.entries(steps).map(([id, [release, after]]) => ({ id, release, after }));
  const found = Object.entries(steps).map(([id, [release, , state]]): Found => {
    const effectless = state.startsWith("!");
    return { id, title: id, release, effectless, state: state.replace("!", "") as Found["state"] };
  });
  const stack = { releases: ["1.0.0", "2.0.0"], steps: declared as never };
  return Object.fromEntries(withGaps(stack, found).map(({ id, gaps }) => [id, gaps]));
}

describe("gaps before a step that is there", () => {
  it("are the steps that come before it, also through others, and are not there", () => {
    expect(gaps({ a: ["1.0.0", [], "absent"], b: ["1.0.0", ["a"], "there"], c: ["1.0.0", ["b"], "there"] })).toEqual({
      a: [],
      b: ["a"],
      c: ["a"],
    });
  });

  it("are the steps of older releases, and none that is beside it", () => {
    expect(gaps({ a: ["1.0.0", [], "unknown"], b: ["2.0.0", [], "there"], c: ["2.0.0", [], "absent"] })).toMatchObject({
      b: ["a"],
    });
  });

  it("are no checks, no backups, and nothing that the ledger holds", () => {
    expect(
      gaps({ a: ["1.0.0", [], "!absent"], b: ["1.0.0", [], "recorded"], c: ["2.0.0", ["a", "b"], "there"] }),
    ).toMatchObject({ c: [] });
  });

  it("end where steps wait for each other", () => {
    expect(gaps({ a: ["1.0.0", ["b"], "absent"], b: ["1.0.0", ["a"], "there"] })).toMatchObject({ b: ["a"] });
  });
});

describe("what other steps tell of one", () => {
  const database = { env: "U" };
  type Told = [after: string[], state: string, program: object];

  function told(steps: Record<string, Told>): Record<string, string> {
    const entries = Object.entries(steps).sort(([a], [b]) => (a < b ? -1 : 1));
    const declared = entries.map(([id, [after, , program]]) => ({
      id,
      after,
      program: {
        kind: "sql",
        database,
        up: "x",
        transaction: true,
        verify: [{ query: id, expected: "t" }],
        ...program,
      },
    }));
    const found = entries.map(([id, [, state]]): Found => ({
      ...{ id, title: id, release: "1.0.0", effectless: false, by: "verify" },
      state: state as Found["state"],
    }));
    return Object.fromEntries(inferred({ steps: declared as never }, found).map(({ id, state }) => [id, state]));
  }
  const revision = (version: string, ...parents: string[]) => ({
    history: { tool: "alembic", table: "alembic_version", version, parents },
  });
  const untraced = { history: { tool: "none" } };

  it("is that what leads to a revision of Alembic was applied, and what comes after it was not", () => {
    expect(
      told({
        "m-10": [["m-9"], "there", revision("d", "b", "c")],
        "m-11": [["m-10"], "unknown", revision("e", "d")],
        "m-7": [[], "unknown", revision("a")],
        "m-8": [["m-7"], "unknown", revision("b", "a")],
        "m-9": [["m-8"], "unknown", revision("c", "a")],
      }),
    ).toEqual({ "m-7": "there", "m-8": "there", "m-9": "there", "m-10": "there", "m-11": "absent" });
  });

  it("is nothing where Alembic's table names a revision that is not declared", () => {
    expect(told({ a: [[], "unknown", revision("a")], b: [["a"], "unknown", revision("b", "a")] })).toEqual({
      a: "unknown",
      b: "unknown",
    });
  });

  it("is that a step whose answer a later one changed was applied with it", () => {
    expect(
      told({
        "m-10": [["m-9"], "there", { verify: [{ query: "a", expected: "f" }] }],
        "m-8": [[], "absent", { verify: [{ query: "a", expected: "t" }] }],
        "m-9": [["m-8"], "absent", { verify: [{ query: "b", expected: "t" }] }],
      }),
    ).toEqual({ "m-8": "there", "m-9": "absent", "m-10": "there" });
  });

  it("is, for a file without a trace, that a later one was applied, or an earlier one was not", () => {
    expect(told({ a: [[], "unknown", untraced], b: [["a"], "there", {}], c: [["b"], "unknown", untraced] })).toEqual({
      a: "there",
      b: "there",
      c: "unknown",
    });
    expect(told({ a: [[], "absent", {}], b: [["a"], "unknown", untraced] })).toEqual({ a: "absent", b: "absent" });
  });
});

describe("the queries that applied steps still answer for", () => {
  const record = (id: string, after: string[], queries: string[], more: object = {}): StepRecord =>
    ({
      id,
      after,
      program: {
        kind: "sql",
        database: { env: "U" },
        up: "x",
        transaction: true,
        verify: queries.map((query) => ({ query, expected: "t" })),
        ...more,
      },
    }) as unknown as StepRecord;
  const left = (...records: StepRecord[]) =>
    Object.fromEntries(
      withoutSuperseded(records).map(({ id, program }) => [
        id,
        (program.verify as { query: string }[]).map(({ query }) => query),
      ]),
    );

  it("are those that no later step asks, whatever the names of the steps", () => {
    expect(
      left(record("m-10", ["m-9"], ["a", "c"]), record("m-8", [], ["a"]), record("m-9", ["m-8"], ["a", "b"])),
    ).toEqual({ "m-9": ["b"], "m-10": ["a", "c"] });
  });

  it("are not those whose answer a later step leaves open", () => {
    expect(left(record("a", [], ["x", "y"]), record("b", ["a"], ["z"], { supersedes: ["x"] }))).toEqual({
      a: ["y"],
      b: ["z"],
    });
  });

  it("are all, where the steps are of different databases", () => {
    expect(left(record("a", [], ["x"]), record("b", ["a"], ["x"], { database: { env: "V" } }))).toEqual({
      a: ["x"],
      b: ["x"],
    });
  });
});
