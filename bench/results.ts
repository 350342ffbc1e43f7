import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../test/support/repository";

/** What was measured. */
export interface Results {
  /** Commit, machine and day. */
  measured: string;
  /** Text and tables of each part, in Markdown. */
  parts: Record<string, string>;
}

const FILE = join(repositoryRoot, "bench/results.json");
const PAGE = join(repositoryRoot, "docs/performance.md");
/** How much worse a ratio may be than the one that is kept: what two runs of one commit differ by. */
const TOLERANCE = 1.25;

export function readResults(): Results {
  return JSON.parse(readFileSync(FILE, "utf8")) as Results;
}

/** Keeps the results, and those of the parts that were not measured this time. */
export function keepResults(results: Results): void {
  const parts = { ...readResults().parts };
  for (const [name, text] of Object.entries(results.parts)) parts[name] = `${text}\n\nMeasured: ${results.measured}.`;
  writeFileSync(FILE, `${JSON.stringify({ measured: results.measured, parts }, undefined, 2)}\n`);
  writeFileSync(PAGE, withResults(readFileSync(PAGE, "utf8"), parts));
  execFileSync("npx", ["prettier", "--write", FILE, PAGE], { cwd: repositoryRoot, stdio: "ignore" });
}

/** The page with the results between `<!-- bench: part -->` and `<!-- end of bench -->`. */
export function withResults(page: string, parts: Readonly<Record<string, string>>): string {
  return page.replace(
    /(<!-- bench: (\w+) -->\n)[^]*?(<!-- end of bench -->)/g,
    (block, start: string, part: string, end: string) => {
      const text = parts[part];
      return text === undefined ? block : `${start}\n${text}\n\n${end}`;
    },
  );
}

/** Every ratio that is worse than it was, in words, and every part without kept figures. A new row is not compared. */
export function worseThan(kept: Results, now: Results): string[] {
  return Object.entries(now.parts).flatMap(([part, text]) => {
    const before = ratiosOf(kept.parts[part] ?? "");
    if (before.size === 0) return [`${part}: bench/results.json has no figures; run npm run bench -- ${part} --save`];
    return [...ratiosOf(text)].flatMap(([name, ratio]) => {
      const was = before.get(name);
      return was === undefined || ratio <= was * TOLERANCE ? [] : [`${part}, ${name}: ${ratio}, and it was ${was}`];
    });
  });
}

/** The ratios of all tables, by row and column. Other figures of a table, such as megabytes, have no decimal point. */
export function ratiosOf(markdown: string): Map<string, number> {
  const ratios = new Map<string, number>();
  let head: string[] = [];
  let previous = "";
  for (const line of markdown.split("\n")) {
    const cells = line.startsWith("|")
      ? line
          .split("|")
          .slice(1, -1)
          .map((cell) => cell.trim())
      : [];
    if (cells.length > 0 && !previous.startsWith("|")) head = cells;
    else {
      for (const [index, cell] of cells.entries()) {
        if (/^\d+\.\d+$/.test(cell)) ratios.set(`${cells[0]}, ${head[index]}`, Number(cell));
      }
    }
    previous = line;
  }
  return ratios;
}
