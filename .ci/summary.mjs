// Prints the totals of a run and ends with its status: node summary.mjs RESULTS SKIPPED STATUS
// STATUS is what the run itself ended with; suites that were skipped for want of a tool make it fail.
import { existsSync, readFileSync } from "node:fs";

const [results, skipped, status] = process.argv.slice(2);

const suites = existsSync(skipped) ? readFileSync(skipped, "utf8").trim().split("\n").filter(Boolean) : [];
for (const line of suites) {
  const { file, title, missing } = JSON.parse(line);
  console.error(`skipped: ${file} › ${title}: ${missing.join(" and ")} missing`);
}

// There are no results when what comes before the tests failed: the build, the type check or lint.
const totals = existsSync(results) ? JSON.parse(readFileSync(results, "utf8")) : undefined;
const passed = totals?.numPassedTests ?? 0;
const broken = (totals?.numFailedTests ?? 0) + (totals?.numRuntimeErrorTestSuites ?? 0);
const failed = broken === 0 && status !== "0" ? 1 : broken;
const code = Number(status) !== 0 || failed > 0 || suites.length > 0 || passed === 0 ? 1 : 0;

process.exitCode = code;
console.log(`${passed} passed, ${failed} failed, ${totals?.numPendingTests ?? 0} skipped`);
