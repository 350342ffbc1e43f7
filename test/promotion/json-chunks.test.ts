import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { jsonChunks, reportChunks } from "../../lib/promotion/format-report";
import pc from "picocolors";
import { SAMPLE_REPORT } from "./report/samples";

const written = (value: unknown, depth?: number) => [...jsonChunks(value, depth)].join("");

/** What JSON has no word for, and what has words of its own for itself. */
const odd = fc.oneof(
  fc.constant(undefined),
  fc.constant(() => 1),
  fc.constant(Symbol("s")),
  fc.date({ noInvalidDate: true }),
  fc.jsonValue().map((value) => ({ toJSON: () => value, hidden: 1 })),
  fc.constant({ toJSON: () => undefined }),
  fc.constantFrom(new String("boxed"), new Number(1), new Boolean(false), NaN, -0),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    fc.jsonValue(),
    odd,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie("tree"), { maxKeys: 3 }),
  ),
}));

describe("JSON in pieces", () => {
  it("is what JSON.stringify writes, however deep it is taken apart", () => {
    fc.assert(
      fc.property(tree, fc.nat({ max: 5 }), (value, depth) => {
        const document = { value, list: [value, value] };

        expect(written(document, depth)).toBe(JSON.stringify(document, undefined, 2));
      }),
      { numRuns: 300 },
    );
  });

  it("holds one change of a report at a time", () => {
    // GIVEN
    let read = 0;
    const resource = { ...SAMPLE_REPORT.resources[0]!, address: "x".repeat(100) };
    const resources = new Array<typeof resource>(20_000).fill(resource);
    const report = { ...SAMPLE_REPORT, resources };

    // WHEN
    let longest = 0;
    let length = 0;
    for (const piece of reportChunks(report, "json", pc.createColors(false))) {
      read++;
      length += piece.length;
      longest = Math.max(longest, piece.length);
    }

    // THEN
    expect(read).toBeGreaterThan(resources.length);
    expect(longest).toBeLessThan(2 * JSON.stringify(resource, undefined, 10).length);
    expect(length).toBe(JSON.stringify(report, undefined, 2).length + 1);
  });
});
