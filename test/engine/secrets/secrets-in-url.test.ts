import { describe, expect, test } from "@jest/globals";
import { secretsInUrl } from "../../../lib/engine/secrets/redactor";

describe("what is secret in a URL", () => {
  test.each([
    ["a password, as it stands there and decoded", "postgresql://app:p%40ss@db/orders", ["p%40ss", "p@ss"]],
    ["a name without a password", "https://ghp_012345@git.example.org/x", ["ghp_012345", "ghp_012345"]],
    ["a token in a query", "https://example.org/?page=2&token=a%2Bb-12345", ["a%2Bb-12345", "a+b-12345"]],
    ["a token in a path", "https://example.org/services/T0123456789abcdef", ["T0123456789abcdef", "T0123456789abcdef"]],
    ["a password that is no valid encoding", "https://me:100%25%@example.org/", ["100%25%", "100%25%"]],
  ])("%s", (_what, url, secrets) => {
    expect(secretsInUrl(url)).toEqual(secrets);
  });

  test.each([
    ["words", "https://example.org/api/v1/projects/health-check-of-all?page=2"],
    ["the user and the name of a database", "postgresql://postgres@db/orders_of_2026_archived"],
    ["what is no URL", "open sesame"],
  ])("not: %s", (_what, text) => {
    expect(secretsInUrl(text)).toEqual([]);
  });
});
