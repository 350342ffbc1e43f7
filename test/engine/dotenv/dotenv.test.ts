import { describe, expect, test } from "@jest/globals";
import { parse } from "dotenv";
import fc from "fast-check";
import { readDotenv } from "../../../lib/engine/dotenv/read-dotenv";
import { writeDotenv } from "../../../lib/engine/dotenv/write-dotenv";
import { EngineError } from "../../../lib/engine/engine-error";

/** Values made of what dotenv treats specially, and of everything else. */
const special = fc
  .array(
    fc.constantFrom(
      "'",
      '"',
      "`",
      "\\",
      "\n",
      "\r",
      "\r\n",
      "#",
      "$",
      "=",
      " ",
      "\t",
      "n",
      "r",
      "a",
      "ß",
      "🐦",
      "\u2028",
      "export ",
    ),
  )
  .map((parts) => parts.join(""));
const value = fc.oneof(special, fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter((text) => text !== "__proto__");

describe("writing a dotenv file", () => {
  test("what dotenv reads is what was written, or it is refused", () => {
    let written = 0;
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 6 }), (pairs) => {
        // GIVEN any variables
        const variables = new Map(pairs);
        // WHEN they are written
        let text: string;
        try {
          text = writeDotenv(variables);
        } catch (error) {
          // THEN either dotenv cannot hold them, and the message holds no value
          expect(error).toMatchObject({ code: "VariablesInvalid" });
          return;
        }
        written += 1;
        // THEN or dotenv reads exactly these
        expect(new Map(Object.entries(parse(Buffer.from(text))))).toEqual(variables);
      }),
      { numRuns: 3000 },
    );
    expect(written).toBeGreaterThan(1000);
  });

  test("refuses no value without quotes, carriage returns and a backslash at its end", () => {
    fc.assert(
      fc.property(special, (text) => {
        const quotes = ["'", '"', "`"].filter((quote) => text.includes(quote));
        fc.pre(quotes.length === 0 && !text.endsWith("\\") && !text.includes("\r"));
        expect(parse(writeDotenv(new Map([["A", text]])))["A"]).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["it's", `"it's"`],
    [`{"a": "b"}`, `'{"a": "b"}'`],
    [`it's "quoted"`, '`it\'s "quoted"`'],
    ["two\nlines", "'two\nlines'"],
    ["a\r\nb", '"a\\r\nb"'],
    ["pa$$w#rd", "'pa$$w#rd'"],
    ["", "''"],
    ["C:\\new\\", "C:\\new\\"],
    [`'"\``.padStart(4, "x"), `x'"\``],
  ])("writes %j as %s", (text, notation) => {
    expect(writeDotenv(new Map([["NAME", text]]))).toBe(`NAME=${notation}\n`);
  });

  test.each([
    ["all three quotes and a line end", `'"\`\n`],
    ["a carriage return beside double quotes", `"\r`],
    ["half of a surrogate pair", "\ud83d"],
  ])("refuses %s without repeating the value", (_what, text) => {
    expect(() => writeDotenv(new Map([["SECRET", text]]))).toThrow(EngineError);
    expect(() => writeDotenv(new Map([["SECRET", text]]))).toThrow(
      /^a dotenv file cannot hold the value of SECRET exactly/,
    );
  });

  test("a value that ends with a backslash never swallows the next line", () => {
    // GIVEN a value whose closing quote dotenv would take for an escaped one
    const variables = new Map([
      ["A", "it ends with\\"],
      ["B", "\nfoo"],
    ]);
    expect(parse(writeDotenv(variables))).toEqual(Object.fromEntries(variables));
  });

  test.each(["with space", "", "A=B", "ü", "__proto__"])("refuses the name %j", (text) => {
    expect(() => writeDotenv(new Map([[text, "x"]]))).toThrow(/is no name that a dotenv file can define/);
  });
});

describe("reading a dotenv file", () => {
  const read = (text: string | Buffer) => readDotenv(Buffer.from(text as string), ".env");

  test("finds the definitions that dotenv finds, in any text", () => {
    const line = fc
      .array(
        fc.constantFrom(
          "A",
          "B_1",
          "c.d",
          "=",
          ": ",
          " ",
          "'",
          '"',
          "`",
          "\\",
          "#",
          "export ",
          "value",
          "$(x)",
          "\n",
          "\r\n",
          "\u2028",
          "\ufeff",
        ),
        { maxLength: 30 },
      )
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(line, (text) => {
        const expected = parse(
          Buffer.from(text)
            .toString()
            .replace(/^\ufeff/, ""),
        );
        expect(read(text).variables).toEqual(new Map(Object.entries(expected)));
      }),
      { numRuns: 5000 },
    );
  });

  test("keeps the last of several definitions and names the variable", () => {
    const file = read("A=1\nB=2\nA=3\n");
    expect(file.variables).toEqual(new Map([["A", "3"], ["B", "2"]])); // prettier-ignore
    expect(file.duplicates).toEqual(["A"]);
  });

  test("names what other readers read differently, and why, without a value", () => {
    const file = read(
      [
        "PLAIN=value",
        "QUOTED='a b & c'",
        "DATABASE_URL=postgresql://user:p$$a#s@host/db",
        "SPACED = v",
        "COLON: v",
        "COMMAND=$(touch x)",
        "QUERY=https://host/?a=1&b=2",
        "WINDOWS=C:\\new",
        'CERTIFICATE="-----\nMII\n-----"',
        "my.name=1",
        "TICK=`x`",
      ].join("\n"),
    );
    expect(Object.fromEntries(file.ambiguities)).toEqual({
      DATABASE_URL: ["$", "# without quotes"],
      SPACED: ["no plain NAME=value"],
      COLON: ["no plain NAME=value"],
      COMMAND: ["$", "special characters without quotes"],
      QUERY: ["special characters without quotes"],
      WINDOWS: ["a backslash"],
      CERTIFICATE: ["several lines"],
      "my.name": ["its name"],
      TICK: ["a backtick"],
    });
  });

  test("numbers the lines that define nothing", () => {
    const file = read("# comment\nA='two\nlines'\nstray words\n\nB=1\nsource other.env\n");
    expect(file.ignoredLines).toEqual([4, 7]);
  });

  test("takes a byte order mark and Windows line ends", () => {
    expect(read("\ufeffA=1\r\nB=2\r\n").variables).toEqual(new Map([["A", "1"], ["B", "2"]])); // prettier-ignore
  });

  test("refuses bytes that are not UTF-8, which would silently become other values", () => {
    expect(() => read(Buffer.from([0x41, 0x3d, 0xe4]))).toThrow(/\.env is not UTF-8/);
  });

  test("refuses a name that gets lost", () => {
    expect(() => read("__proto__=1")).toThrow(/defines what no program can read: __proto__/);
  });
});
