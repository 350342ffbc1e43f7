import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { Redactor } from "../../../lib/engine/secrets/redactor";

function redactorOf(...secrets: string[]): Redactor {
  const redactor = new Redactor();
  secrets.forEach((secret) => redactor.learn(secret));
  return redactor;
}

describe("a redactor", () => {
  // What replaces a secret could itself be one, if secrets held asterisks.
  const secret = fc.string({ minLength: 4, maxLength: 12 }).filter((value) => !value.includes("*"));

  it("leaves nothing of any secret, wherever they stand and however they overlap", () => {
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.array(fc.string()), (secrets, between) => {
        const pieces = secrets.flatMap((value, index) => [between[index] ?? "", value, value.slice(0, 3), value]);
        const redacted = redactorOf(...secrets).redact(pieces.join(""));
        secrets.forEach((value) => expect(redacted).not.toContain(value));
      }),
    );
  });

  it("leaves a text alone that holds no secret", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{4,8}$/), fc.string(), (value, text) => {
        fc.pre(!text.includes(value));
        expect(redactorOf(value).redact(text)).toBe(text);
      }),
    );
  });

  it("changes nothing by being asked twice", () => {
    fc.assert(
      fc.property(fc.array(secret), fc.string(), (secrets, text) => {
        const redactor = redactorOf(...secrets);
        const once = redactor.redact(text + secrets.join(""));
        expect(redactor.redact(once)).toBe(once);
      }),
    );
  });

  it("knows the password of a URL, as it is and as it is encoded", () => {
    // GIVEN
    const redactor = redactorOf("postgresql://app:p%40ss%2Fword@db:5432/shop");

    // WHEN
    const redacted = redactor.redact("password p@ss/word of app, or p%40ss%2Fword, is wrong");

    // THEN
    expect(redacted).toBe("password *** of app, or ***, is wrong");
  });

  it("knows the lines of a secret of several lines", () => {
    // GIVEN
    const key = "-----BEGIN KEY-----\r\nMIIEvQIBADANBg\nkqhkiG9w0BAQ\n-----END KEY-----\n";

    // WHEN
    const lines = key.split("\n").map((line) => redactorOf(key).redact(`+ ${line}`));

    // THEN
    expect(lines.join("\n")).not.toMatch(/MIIE|kqhk/);
  });

  it("knows a secret inside of JSON and inside of a URL", () => {
    // GIVEN
    const redactor = redactorOf('pa"ss\\wörd');

    // WHEN
    const redacted = [JSON.stringify({ password: 'pa"ss\\wörd' }), `?p=${encodeURIComponent('pa"ss\\wörd')}`].map(
      (text) => redactor.redact(text),
    );

    // THEN
    expect(redacted).toEqual(['{"password":"***"}', "?p=***"]);
  });

  it("masks overlapping secrets whole", () => {
    expect(redactorOf("xxabcd", "cdefgh").redact("<xxabcdefgh>")).toBe("<***>");
    expect(redactorOf("abab").redact("<ababab>")).toBe("<***>");
  });

  it("knows the secrets of the environment before anybody asks for them, and no other words of it", () => {
    // GIVEN
    const redactor = new Redactor({
      SHOP_URL: "postgresql://app:canary-4711@db/shop",
      AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI",
      APP_TOKEN: "test",
      LANG: "en_US.UTF-8",
      EMPTY: undefined,
    });

    // WHEN
    const redacted = redactor.redact("+ psql postgresql://app:canary-4711@db/shop wJalrXUtnFEMI test en_US.UTF-8");

    // THEN
    expect(redacted).toBe("+ psql postgresql://app:***@db/shop *** test en_US.UTF-8");
  });

  it("does not mask values that are too short to be secrets, and no truth values", () => {
    expect(redactorOf("1", "yes", "false").redact("1 row, yes, false")).toBe("1 row, yes, false");
  });
});
