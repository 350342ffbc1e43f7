// Writes what the environment before would have recorded, had it applied the very same plan.
import { writeFileSync } from "node:fs";
import { recordedChanges } from "../../lib/promotion/records/apply-record";
import { readPlanFile } from "../../lib/promotion/plan/read-plan";
import { DeclaredDifferences } from "../../lib/promotion/plan/fingerprint";

const [file, records] = process.argv.slice(2) as [string, string];
const differences = new DeclaredDifferences({ ENVIRONMENT: "staging", ACCOUNT: "123456789012" });
const changes = recordedChanges(readPlanFile(file, { differences }));
writeFileSync(records, JSON.stringify([{ release: "1.0.0", result: "applied", changes, steps: [] }]));
