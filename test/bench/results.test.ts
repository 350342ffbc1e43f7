import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ratiosOf, readResults, withResults, worseThan, type Results } from "../../bench/results";
import { repositoryRoot } from "../support/repository";

const results = (time: string): Results => ({
  measured: "today",
  parts: { command: `Text.\n\n|  | time | MB |\n| --- | --- | --- |\n| node | 1.00 | 41 |\n| sterna | ${time} | 60 |` },
});

describe("the figures of the bench", () => {
  it("are the ratios of its tables, and not the megabytes", () => {
    expect([...ratiosOf(results("1.67").parts["command"]!)]).toEqual([
      ["node, time", 1],
      ["sterna, time", 1.67],
    ]);
  });

  it("fail a check when one is more than a quarter worse, and are named", () => {
    expect(worseThan(results("1.60"), results("2.00"))).toEqual([]);
    expect(worseThan(results("1.60"), results("2.01"))).toEqual(["command, sterna, time: 2.01, and it was 1.6"]);
    expect(worseThan(results("1.60"), results("0.90"))).toEqual([]);
  });

  it("fail a check of a part that was never kept", () => {
    expect(worseThan({ measured: "", parts: {} }, results("1.60"))).toEqual([
      "command: bench/results.json has no figures; run npm run bench -- command --save",
    ]);
  });

  it("are those that docs/performance.md shows, with the commit", () => {
    const page = readFileSync(join(repositoryRoot, "docs/performance.md"), "utf8");

    for (const [part, text] of Object.entries(readResults().parts)) {
      const [, shown = ""] = new RegExp(`<!-- bench: ${part} -->([^]*?)<!-- end of bench -->`).exec(page) ?? [];

      expect(ratiosOf(text).size).toBeGreaterThan(0);
      expect([...ratiosOf(shown)]).toEqual([...ratiosOf(text)]);
      expect(shown).toMatch(/Measured: commit [0-9a-f]{7,}/);
    }
  });

  it("go between the marks of their part, and nowhere else", () => {
    const page =
      "a\n<!-- bench: command -->\nold\n<!-- end of bench -->\nb\n<!-- bench: plans -->\nkept\n<!-- end of bench -->\n";

    expect(withResults(page, { command: "new" })).toBe(
      "a\n<!-- bench: command -->\n\nnew\n\n<!-- end of bench -->\nb\n<!-- bench: plans -->\nkept\n<!-- end of bench -->\n",
    );
  });
});
