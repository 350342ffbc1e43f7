import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../lib/core/read-json-file";
import { errorOf, temporaryDirectory } from "../support/system-stack";

const file = join(temporaryDirectory(), "some.json");
const read = (text: string, schema: z.ZodType = z.unknown()) => {
  writeFileSync(file, text);
  return readJsonFile(file, schema, "InvalidPins");
};

test("gives what the file holds", () => {
  expect(read('{"a": [1, null]}')).toEqual({ a: [1, null] });
});

test("the file, the line and the column of a mistake are named", () => {
  // WHEN
  const { code, message } = errorOf(() => read('{\n  "shop": {\n    "staging": oops\n  }\n}'));
  // THEN
  expect(code).toBe("FileNotJson");
  expect(message).toMatch(`${file}:3:16 (InvalidSymbol) is not JSON: `);
});

test("every text that is not JSON is located", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (json, seed) => {
      // GIVEN a character that no JSON holds outside of a string
      const position = seed % (json.length + 1);
      const broken = `${json.slice(0, position)}@${json.slice(position)}`;
      fc.pre(!isJson(broken));
      // THEN
      expect(errorOf(() => read(broken)).message).toMatch(/some\.json:\d+:\d+ /);
    }),
    { numRuns: 200 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("every place that does not match the schema is listed", () => {
  // WHEN
  const { code, message } = errorOf(() =>
    read('{"a": {"b": 1}, "c": 2}', z.strictObject({ a: z.object({ b: z.string() }) })),
  );
  // THEN
  expect(code).toBe("InvalidPins");
  expect(message).toMatch(/a\.b: .*string/);
  expect(message).toMatch(/at the top: .*"c"/);
});

test("a file that is not there is named", () => {
  expect(errorOf(() => readJsonFile("missing.json", z.unknown(), "InvalidPins"))).toMatchObject({
    code: "FileUnreadable",
    message: expect.stringMatching(/missing\.json cannot be read: ENOENT/),
  });
});
