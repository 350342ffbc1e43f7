import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Release } from "../../lib/index";
import { Releases } from "../../lib/releases/release";
import { errorOf, releases } from "../support/system-stack";

test("releases are ordered as Semantic Versioning says", () => {
  // GIVEN the example of the specification, section 11
  const ordered = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
  ];
  fc.assert(
    fc.property(fc.shuffledSubarray(ordered, { minLength: ordered.length }), (shuffled) => {
      expect(new Releases("shop", releases(...shuffled)).versions).toEqual(ordered);
    }),
  );
});

test("a release knows which one is older", () => {
  // GIVEN
  const [beta, first] = releases("0.1.0-beta", "1.0.0") as [Release, Release];
  // THEN
  expect(beta.isOlderThan(first)).toBe(true);
  expect(first.isOlderThan(beta)).toBe(false);
  expect(first.isOlderThan(new Release("1.0.0"))).toBe(false);
  expect(`${first}`).toBe("1.0.0");
});

test("a release says what it is known for", () => {
  expect(new Release("1.0.0", { title: "First", notes: "Breaks the format", planned: true })).toMatchObject({
    title: "First",
    notes: "Breaks the format",
    planned: true,
  });
  expect(new Release("1.0.0").planned).toBe(false);
});

test.each(["1.0", "v1.0.0", "=1.0.0", " 1.0.0", "latest", "", "^1.0.0"])("%p is not a release", (version) => {
  expect(errorOf(() => new Release(version))).toMatchObject({
    code: "InvalidRelease",
    message: expect.stringContaining(`"${version}"`),
  });
});

test("a system without releases is refused", () => {
  expect(errorOf(() => new Releases("shop", [])).code).toBe("UnknownRelease");
});
