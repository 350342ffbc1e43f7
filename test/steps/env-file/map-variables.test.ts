import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { mapVariables, type VariableMapping } from "../../../lib/steps/env-file/map-variables";

const nothing: VariableMapping = { rename: {}, set: {}, remove: [], required: [] };
const map = (source: Record<string, string>, mapping: Partial<VariableMapping>) =>
  Object.fromEntries(mapVariables(new Map(Object.entries(source)), { ...nothing, ...mapping }));

describe("mapping variables", () => {
  test("renames, removes, sets, and keeps the rest in its order", () => {
    const mapped = map(
      { DATABASE_URL: "a", OLD: "b", KEPT: "c" },
      { rename: { DATABASE_URL: "BACKEND_DATABASE_URL" }, remove: ["OLD"], set: { KEPT: "d", NEW: "e" } },
    );
    expect(Object.entries(mapped)).toEqual([
      ["BACKEND_DATABASE_URL", "a"],
      ["KEPT", "d"],
      ["NEW", "e"],
    ]);
  });

  test("swaps two names, since all renames happen at once", () => {
    expect(map({ A: "1", B: "2" }, { rename: { A: "B", B: "A" } })).toEqual({ A: "2", B: "1" });
  });

  test("loses no value under a rename to free names, and renaming back gives the source again", () => {
    const name = fc.stringMatching(/^[A-Z]{1,6}$/);
    fc.assert(
      fc.property(fc.dictionary(name, fc.string(), { noNullPrototype: true }), fc.array(name), (source, renamed) => {
        const rename = Object.fromEntries(renamed.map((from) => [from, `NEW_${from}`]));
        const back = Object.fromEntries(Object.entries(rename).map(([from, to]) => [to, from]));
        expect(map(map(source, { rename }), { rename: back })).toEqual(source);
      }),
    );
  });

  test("takes a value that is there under both names, if it is the same", () => {
    expect(map({ OLD: "same", NEW: "same" }, { rename: { OLD: "NEW" } })).toEqual({ NEW: "same" });
  });

  test.each([[{ OLD: "1", NEW: "2" }], [{ NEW: "2", OLD: "1" }]])(
    "refuses different values under both names, in whichever order: %j",
    (source) => {
      expect(() => map(source, { rename: { OLD: "NEW" } })).toThrow(
        expect.objectContaining({
          code: "VariablesInvalid",
          message: expect.stringMatching(/^NEW: a variable of another name/),
        }),
      );
    },
  );

  test.each<[string, Partial<VariableMapping>, RegExp]>([
    ["two renames to one name", { rename: { A: "C", B: "C" } }, /two variables are renamed to "C"/],
    ["a name that no shell can export", { rename: { A: "my-name" } }, /no name of a variable is "my-name"/],
    ["a set of what a rename gives", { rename: { A: "B" }, set: { B: "x" } }, /target of a rename too, is "B"/],
    ["a removal of what is renamed", { rename: { A: "B" }, remove: ["A"] }, /removed, and renamed or set too, is "A"/],
    ["a removal of what is set", { set: { A: "1" }, remove: ["A"] }, /removed, and renamed or set too, is "A"/],
    ["a removal of what is required", { remove: ["A"], required: ["A"] }, /required, and removed too, is "A"/],
    ["a required variable that is missing", { required: ["X"] }, /required, but missing or empty: X/],
    ["a required variable that is empty", { set: { X: "" }, required: ["X"] }, /required, but missing or empty: X/],
  ])("refuses %s", (_what, mapping, message) => {
    expect(() => map({ A: "1" }, mapping)).toThrow(expect.objectContaining({ code: "VariablesInvalid" }));
    expect(() => map({ A: "1" }, mapping)).toThrow(message);
  });
});
