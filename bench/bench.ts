// Measures Sterna beside what one would use without it, and prints the ratios as Markdown: `npm run bench`, or
// `npm run bench -- steps` for one part. Build first: what is measured is dist/engine.
import { cpus, release, type } from "node:os";
import { benchPlanCommand } from "./plan-command";
import { benchPlans } from "./plans";
import { benchProviderStart } from "./provider-start";
import { benchCommandStart } from "./command-start";
import { benchSteps } from "./steps";
import { benchSynthesis } from "./synthesis";

const PARTS = {
  command: benchCommandStart,
  start: benchProviderStart,
  synthesis: benchSynthesis,
  steps: benchSteps,
  plans: benchPlans,
  plan: benchPlanCommand,
};

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown !== undefined) throw new Error(`"${unknown}" is no part: ${Object.keys(PARTS).join(", ")}`);
  console.log(
    `Node.js ${process.version}, ${type()} ${release()}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}`,
  );
  for (const [name, run] of Object.entries(PARTS)) {
    if (asked.length === 0 || asked.includes(name)) console.log(`\n## ${name}\n\n${await run()}`);
  }
}

void main();
