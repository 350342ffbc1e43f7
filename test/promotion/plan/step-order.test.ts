import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { inOrder } from "../../../lib/promotion/plan/step-change";

/** Steps that wait only for steps before them, so there is no cycle; then shuffled. */
const shuffledSteps = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { maxLength: 12 })
  .map((picks) =>
    picks.map((numbers, index) => ({
      id: `s${index}`,
      after: index === 0 ? [] : numbers.map((number) => `s${number % index}`),
    })),
  )
  .chain((steps) => fc.shuffledSubarray(steps, { minLength: steps.length }));

describe("order of steps", () => {
  it("puts every step after those that it waits for, and loses none", () => {
    fc.assert(
      fc.property(shuffledSteps, (steps) => {
        const ordered = inOrder(steps);
        const place = new Map(ordered.map(({ id }, index) => [id, index]));
        expect(place.size).toBe(steps.length);
        for (const { id, after } of ordered)
          for (const other of after) expect(place.get(other)!).toBeLessThan(place.get(id)!);
      }),
    );
  });

  it("keeps the given order where nothing else is asked", () => {
    const steps = ["c", "a", "b"].map((id) => ({ id, after: [] }));

    expect(inOrder(steps)).toEqual(steps);
  });

  it("does not wait for steps that are not there, and ends in a cycle", () => {
    const steps = [
      { id: "a", after: ["b", "gone"] },
      { id: "b", after: ["a"] },
    ];

    expect(inOrder(steps).map(({ id }) => id)).toEqual(["a", "b"]);
  });
});
