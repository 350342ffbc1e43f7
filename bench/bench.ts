// Measures Sterna beside what one would use without it. `npm run bench -- --help` says how. Build first: dist/ is measured.
import { execFileSync } from "node:child_process";
import { cpus, release, type } from "node:os";
import { parseArgs } from "node:util";
import { benchCommandStart } from "./command-start";
import { benchDocuments } from "./documents";
import { benchPlanCommand } from "./plan-command";
import { benchPlans } from "./plans";
import { benchProviderStart } from "./provider-start";
import { keepResults, readResults, worseThan, type Results } from "./results";
import { benchSteps } from "./steps";
import { benchSynthesis } from "./synthesis";

const PARTS = {
  command: benchCommandStart,
  start: benchProviderStart,
  synthesis: benchSynthesis,
  steps: benchSteps,
  plans: benchPlans,
  documents: benchDocuments,
  plan: benchPlanCommand,
};

const HELP = `npm run bench -- [parts] [--save | --check]

  parts    ${Object.keys(PARTS).join(", ")}; all of them by default
  --save   keep the figures in bench/results.json, and write them into docs/performance.md
  --check  fail when a ratio is more than 25 % worse than in bench/results.json`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { save: { type: "boolean" }, check: { type: "boolean" }, help: { type: "boolean" } },
  });
  if (values.help) return console.log(HELP);
  const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown !== undefined) throw new Error(`"${unknown}" is no part: ${Object.keys(PARTS).join(", ")}`);

  const results: Results = { measured: circumstances(), parts: {} };
  console.log(results.measured);
  for (const [name, run] of Object.entries(PARTS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    results.parts[name] = await run();
    console.log(`\n## ${name}\n\n${results.parts[name]}`);
  }

  if (values.save) keepResults(results);
  if (values.check) {
    const worse = worseThan(readResults(), results);
    for (const line of worse) console.error(line);
    if (worse.length > 0) process.exitCode = 1;
  }
}

function circumstances(): string {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const day = new Date().toISOString().slice(0, 10);
  return `commit ${commit}, Node.js ${process.version}, ${type()} ${release()}, ${cpus().length} cores, ${day}`;
}

void main();
