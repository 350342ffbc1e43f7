import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { spellingsOf } from "../../../lib/engine/secrets/redactor";

const secret = fc.string({ minLength: 8, unit: "grapheme" }).filter((text) => text.isWellFormed());

test("the base64 of any text with the secret in it holds one of its spellings", () => {
  fc.assert(
    fc.property(fc.string(), secret, fc.string(), (before, middle, after) => {
      for (const encoding of ["base64", "base64url"] as const) {
        const encoded = Buffer.from(before + middle + after).toString(encoding);
        expect(spellingsOf(middle).some((spelling) => encoded.includes(spelling))).toBe(true);
      }
    }),
  );
});

test("a secret in a URL and in JSON is one of its spellings", () => {
  fc.assert(
    fc.property(secret, (text) => {
      expect(spellingsOf(text)).toEqual(
        expect.arrayContaining([text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)]),
      );
    }),
  );
});

test("a short secret has one spelling: encoded it is too few characters to be told from others", () => {
  expect(spellingsOf("1234567")).toEqual(["1234567"]);
});
