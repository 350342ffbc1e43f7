import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { parse } from "semver";
import { SEMANTIC_VERSION } from "../../lib/core/names";

test("a version is one exactly when the semver library reads it as it stands", () => {
  const text = fc.string({
    unit: fc.constantFrom("0", "1", "10", "01", ".", "-", "+", "a", "rc", "v", " "),
    maxLength: 9,
  });
  const version = fc.tuple(fc.nat(), fc.nat(), fc.nat(), text).map(([a, b, c, rest]) => `${a}.${b}.${c}${rest}`);
  fc.assert(
    fc.property(fc.oneof(text, version), (candidate) => {
      fc.pre(!/\d{16}/.test(candidate));
      expect(SEMANTIC_VERSION.test(candidate)).toBe(parse(candidate)?.version === candidate);
    }),
    { numRuns: 5000 },
  );
});

test("a number that JavaScript cannot hold exactly is none", () => {
  expect(SEMANTIC_VERSION.test(`1.0.${"9".repeat(16)}`)).toBe(false);
});
