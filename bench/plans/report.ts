// All that `sterna plan` does with a plan: reads it, sets it beside the records, and writes the report in one of its forms.
import { readFileSync } from "node:fs";
import { createColors } from "picocolors";
import type { ApplyRecord } from "../../lib/promotion/records/apply-record";
import { buildReport } from "../../lib/promotion/report/build-report";
import { readPlanFile } from "../../lib/promotion/plan/read-plan";
import { summarizePlan } from "../../lib/promotion/plan/plan-summary";
import { compareChanges } from "../../lib/promotion/proof/compare-changes";
import { DeclaredDifferences } from "../../lib/promotion/plan/fingerprint";
import { ProvingHistory } from "../../lib/promotion/proof/proving-history";
import { Waivers } from "../../lib/promotion/proof/waivers";
import { reportChunks, type ReportFormat } from "../../lib/promotion/format-report";

const [file, form, records] = process.argv.slice(2) as [string, ReportFormat, string | undefined];
const applied = records === undefined ? [] : (JSON.parse(readFileSync(records, "utf8")) as ApplyRecord[]);

const begin = performance.now();
const place = { system: "shop", environment: "staging", release: "1.0.0" };
const differences = new DeclaredDifferences({ ENVIRONMENT: "staging", ACCOUNT: "123456789012" });
const history = new ProvingHistory(applied, { to: place.release });
const plan = readPlanFile(file, { differences, fingerprints: (name) => history.resources.has(name) });
const summary = summarizePlan(plan, { isEffectless: () => false, adopted: new Set() });
const report = buildReport({
  ...place,
  stack: "shop-staging",
  protected: true,
  previousEnvironment: "development",
  chain: [],
  release: { to: place.release },
  plannedAt: new Date().toISOString(),
  plan,
  summary,
  proof: {
    environment: "development",
    records: [],
    verdicts: compareChanges({ from: "development", history, plan, steps: summary.steps, free: [] }),
    waivers: new Waivers([], new Date()),
    differences: ["ENVIRONMENT"],
  },
  gates: [],
  warnings: [],
  digest: "",
  parts: {},
  versions: { sterna: "", terraform: plan.terraform },
});
let written = 0;
for (const chunk of reportChunks(report, form, createColors(false))) written += chunk.length;
if (written === 0) throw new Error("the report is empty");
console.log(performance.now() - begin);
