import { describe, expect, it } from "@jest/globals";
import { withGaps, type FoundStep } from "../../lib/toolkit/ledgers/find-applied";

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
