import { expect, test } from "@jest/globals";
import { secretsInJson } from "../../../lib/engine/secrets/redactor";

test.each<[string, unknown, string[]]>([
  ["what stands under the name of a place, if it is no place", { host: { password: "canary-1" } }, ["canary-1"]],
  ["what lies deep", [{ a: [{ b: "canary-1" }] }, "canary-2"], ["canary-1", "canary-2"]],
  ["short values of keys that hold secrets by custom", { password: "abc12", api_key: "k1234" }, ["abc12", "k1234"]],
  ["numbers", { pin: 12345678, token: 4711 }, ["12345678", "4711"]],
  ["no words, and no places", { mode: "fast", on: true, none: null, host: ["db.example.org"], port: 54321234 }, []],
])("finds %s", (_what, document, secrets) => {
  expect(secretsInJson(JSON.stringify(document))).toEqual(secrets);
});

test("finds nothing in what is no JSON", () => {
  expect(["{ canary", '"canary-1"', "canary-1"].flatMap(secretsInJson)).toEqual([]);
});
