import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Rollout, rolloutState } from "../../lib/manifest/rollout";

type Move = (rollout: Rollout) => Rollout;

const MOVES: Readonly<Record<string, Move>> = {
  prewarm: (rollout) => rollout.prewarm("1.2.0"),
  "canary 10": (rollout) => rollout.canary(10),
  "canary 50": (rollout) => rollout.canary(50),
  cutover: (rollout) => rollout.cutover(),
  retire: (rollout) => rollout.retire(),
  abort: (rollout) => rollout.abort(),
};

const STEADY = Rollout.steady("blue", "1.1.0");
const walk = (...moves: readonly (keyof typeof MOVES)[]): Rollout =>
  moves.reduce((rollout, move) => MOVES[move]!(rollout), STEADY);

describe("a rollout", () => {
  it("goes from blue to green, and with the same moves back to blue", () => {
    // GIVEN
    const cycle = ["prewarm", "canary 10", "canary 50", "cutover", "retire"];

    // WHEN
    const green = walk(...cycle);
    const blue = walk(...cycle, ...cycle);

    // THEN
    expect(green.state).toEqual({ phase: "steady", live: "green", releases: { green: "1.2.0" } });
    expect(blue.state).toEqual({ phase: "steady", live: "blue", releases: { blue: "1.2.0" } });
  });

  it.each([
    [[], { blue: 100, green: 0 }],
    [["prewarm"], { blue: 100, green: 0 }],
    [["prewarm", "canary 10"], { blue: 90, green: 10 }],
    [["prewarm", "cutover"], { blue: 0, green: 100 }],
    [["prewarm", "cutover", "abort"], { blue: 100, green: 0 }],
    [["prewarm", "canary 10", "abort"], { blue: 100, green: 0 }],
  ])("shares the traffic by its phase alone: after %j", (moves, weights) => {
    expect(walk(...moves).weights).toEqual(weights);
  });

  it.each([
    [[], "canary 10", 'the rollout is in the phase "steady"', "prewarm"],
    [[], "retire", 'the rollout is in the phase "steady"', "prewarm"],
    [[], "abort", 'the rollout is in the phase "steady"', "prewarm"],
    [["prewarm"], "prewarm", 'the rollout is in the phase "prewarm"', "canary, cutover, abort"],
    [["prewarm"], "retire", 'the rollout is in the phase "prewarm"', "canary, cutover, abort"],
    [["prewarm", "canary 50"], "canary 10", "the canary has 50 percent already", "a larger canary"],
    [["prewarm", "canary 10"], "retire", 'the rollout is in the phase "canary"', "cutover, abort"],
    [["prewarm", "cutover"], "canary 10", 'the rollout is in the phase "cutover"', "retire, abort"],
    [["prewarm", "abort"], "cutover", 'the rollout is in the phase "aborted"', "retire"],
  ])("does not jump: after %j no %s, and it says what may come", (moves, wanted, reason, next) => {
    // WHEN
    const jump = (): Rollout => MOVES[wanted]!(walk(...moves));

    // THEN
    expect(jump).toThrow(expect.objectContaining({ code: "RolloutJump", message: expect.stringContaining(reason) }));
    expect(jump).toThrow(next);
  });

  it.each([0, 100, 101, -1, 2.5, NaN])("takes no canary of %d percent", (percent) => {
    expect(() => walk("prewarm").canary(percent)).toThrow(expect.objectContaining({ code: "CanaryOutOfRange" }));
  });

  it("keeps its promises on every walk: the shares add up, the live color exists, its state reads back", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...Object.keys(MOVES)), { maxLength: 40 }), (moves) => {
        let rollout = STEADY;
        for (const move of moves) {
          const before = rollout;
          try {
            rollout = MOVES[move]!(rollout);
          } catch {
            continue;
          }
          // Traffic goes only to colors that were there before the move: nothing is sent to what is still starting.
          for (const color of ["blue", "green"] as const) {
            if (rollout.weights[color] > 0) expect(before.colors).toContain(color);
          }
          // Nothing that had traffic is removed.
          for (const color of before.colors) {
            if (before.weights[color] > 0) expect(rollout.colors).toContain(color);
          }
          expect(rollout.weights.blue + rollout.weights.green).toBe(100);
          expect(rollout.weights[rollout.live]).toBeGreaterThan(0);
          expect(rolloutState.parse(JSON.parse(JSON.stringify(rollout.state)))).toEqual(rollout.state);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [{ phase: "canary", live: "blue", releases: { blue: "1.0.0", green: "1.1.0" } }, "canary"],
    [{ phase: "prewarm", live: "blue", canary: 10, releases: { blue: "1.0.0", green: "1.1.0" } }, "canary"],
    [{ phase: "prewarm", live: "blue", releases: { blue: "1.0.0" } }, "releases.green"],
    [{ phase: "steady", live: "blue", releases: { blue: "1.0.0", green: "1.1.0" } }, "releases.green"],
    [{ phase: "steady", live: "blue", releases: {} }, "releases.blue"],
  ])("refuses a state that contradicts itself: %j", (state, path) => {
    // WHEN
    const { error } = rolloutState.safeParse(state);

    // THEN
    expect(error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
  });
});
