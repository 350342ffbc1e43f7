import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { changedParts, planDigest } from "../../../lib/promotion/plan/plan-summary";

const parts = fc.dictionary(fc.string({ minLength: 1 }), fc.string());

describe("what a plan stands on", () => {
  it("has equal digests exactly when no part changed", () => {
    fc.assert(
      fc.property(parts, parts, (then, now) => {
        expect(planDigest(then) === planDigest(now)).toBe(changedParts(then, now).length === 0);
      }),
    );
  });

  it("does not depend on the order of its parts", () => {
    expect(planDigest({ a: "1", b: "2" })).toBe(planDigest({ b: "2", a: "1" }));
  });

  it("names what changed, came and went", () => {
    expect(changedParts({ a: "1", b: "2", gone: "3" }, { a: "1", b: "4", came: "5" })).toEqual(["b", "came", "gone"]);
  });
});
