import { expect, test } from "@jest/globals";
import { fitsConstraint, qualifySources } from "../../lib/environments/provider-delivery";

test("sources are written in full, and full ones stay", () => {
  expect(
    qualifySources({
      aws: { source: "aws", version: "5.100.0" },
      google: { source: "google" },
      sterna: { source: "sterna/sterna" },
    }),
  ).toEqual({
    aws: { source: "hashicorp/aws", version: "5.100.0" },
    google: { source: "hashicorp/google" },
    sterna: { source: "sterna/sterna" },
  });
});

test.each([
  ["5.100.0", "5.100.0", true],
  ["5.100.0", "= 5.100.0", true],
  ["5.100.1", "5.100.0", false],
  ["5.100.0", undefined, true],
  ["5.100.0", "~> 5.0", true],
  ["6.0.0", "~> 5.0", false],
  ["5.101.0", "~> 5.100.0", false],
  ["5.100.9", "~> 5.100.1", true],
  ["5.100.0", "~> 5", true],
  ["5.100.0", ">= 5.0, < 6.0", true],
  ["6.0.0", ">= 5.0, < 6.0", false],
  ["5.0.1", "> 5", true],
  ["5.0.0", "> 5", false],
  ["5.100.0", "!= 5.100.0", false],
  ["5.100.0", ">= 5.0, != 5.99.0", true],
  ["5.100.0", "latest", false],
])("%s fits %s: %p", (version, constraint, expected) => {
  expect(fitsConstraint(version, constraint)).toBe(expected);
});
