import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot, scratchDirectory } from "../test/support/repository";
import { compileScript } from "./compile-script";
import { measuredRun, type Measured } from "./measured-run";
import { writePlan } from "./plans/write-plan";
import { median, ratio, table } from "./table";

const CHANGES = [1_000, 10_000];
/** 450 MB. `JSON.parse` of the whole is not even asked for one that is larger than a string may be. */
const HUGE = 90_000;
const ROUNDS = 5;

/** Reading a plan into a report with the proven-diff, beside `JSON.parse` of the same file. */
export async function benchPlans(): Promise<string> {
  const directory = scratchDirectory("bench-plans");
  try {
    const compile = (name: string) => compileScript(`bench/plans/${name}.ts`, directory);
    const [parse, report] = [await compile("parse"), await compile("report")];
    const record = await compile("record");
    const rows: (string | number)[][] = [];
    for (const changes of [...CHANGES, HUGE]) {
      const file = join(directory, "plan.json");
      writePlan(file, changes);
      const isHuge = changes === HUGE;
      const records = join(directory, "records.json");
      if (!isHuge) await run(record, file, records);
      const runs = {
        parse: [] as Measured[],
        markdown: [] as Measured[],
        proven: [] as Measured[],
        json: [] as Measured[],
      };
      for (let round = 0; round < (isHuge ? 1 : ROUNDS); round++) {
        runs.parse.push(await run(parse, file));
        runs.markdown.push(await run(report, file, "markdown"));
        if (isHuge) continue;
        runs.proven.push(await run(report, file, "markdown", records));
        runs.json.push(await run(report, file, "json"));
      }
      const [base, comment, proven, json] = [runs.parse, runs.markdown, runs.proven, runs.json].map(summarize);
      const size = `${Math.round(statSync(file).size / 1024 ** 2)} MB`;
      const cells = (own: Summary | undefined) =>
        own === undefined ? ["", ""] : [ratio(own.milliseconds, base!.milliseconds), own.megabytes];
      rows.push([
        ...[changes, size, base!.megabytes, ...cells(comment)],
        ...[proven, json].flatMap((each) => cells(isHuge ? undefined : each)),
      ]);
    }
    return [
      `A report with the proven-diff, median of ${ROUNDS} in turns, relative to reading and JSON.parse of the file; memory is that of the whole process.`,
      table(
        [
          ...["changes", "plan", "JSON.parse, MB", "as a comment, time", "MB"],
          ...["each change compared with a record, time", "MB", "with all values as JSON, time", "MB"],
        ],
        rows,
      ),
    ].join("\n\n");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function run(script: string, ...args: readonly string[]): Promise<Measured> {
  return measuredRun([process.execPath, script, ...args], { cwd: repositoryRoot, env: process.env });
}

interface Summary {
  readonly milliseconds: number;
  readonly megabytes: number;
}

function summarize(runs: readonly Measured[]): Summary {
  return {
    milliseconds: median(runs.map(({ printed }) => Number(printed))),
    megabytes: median(runs.map(({ memory }) => memory.program)),
  };
}
