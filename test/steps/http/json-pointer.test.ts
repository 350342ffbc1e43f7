import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { atPointer, isPointer } from "../../../lib/steps/http/kind";

describe("a JSON pointer", () => {
  // The examples of RFC 6901, section 5.
  const document = {
    foo: ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
  };
  test.each<[string, unknown]>([
    ["", document],
    ["/foo", ["bar", "baz"]],
    ["/foo/0", "bar"],
    ["/", 0],
    ["/a~1b", 1],
    ["/c%d", 2],
    ["/e^f", 3],
    ["/g|h", 4],
    ["/i\\j", 5],
    ['/k"l', 6],
    ["/ ", 7],
    ["/m~0n", 8],
  ])("%j names %j", (pointer, value) => {
    expect(isPointer(pointer)).toBe(true);
    expect(atPointer(document, pointer)).toEqual(value);
  });

  test.each(["/foo/2", "/foo/-", "/foo/01", "/foo/length", "/missing/deeper", "/toString", "/foo/0/0"])(
    "%j names nothing",
    (pointer) => expect(atPointer(document, pointer)).toBeUndefined(),
  );

  test.each(["foo", "/a~b", "/~", "$.foo"])("%j is none", (pointer) => expect(isPointer(pointer)).toBe(false));

  test("finds every name, however strange", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (outer, inner) => {
        const escape = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");
        const value = Object.fromEntries([[outer, Object.fromEntries([[inner, "found"]])]]);
        expect(atPointer(value, `/${escape(outer)}/${escape(inner)}`)).toBe("found");
      }),
    );
  });
});
