// Applies a step in a process of its own, as another `terraform apply` would: URL of the ledger, the step as JSON.
// Prints what came of it.
import "../../lib/provider/kinds";
import { applyStep } from "../../lib/engine/executor/apply-step";
import { PostgresLedger } from "../../lib/engine/ledgers/postgres-ledger";
import type { StepDefinition } from "../../lib/manifest/step-record";

const [url, step] = process.argv.slice(2) as [string, string];

async function main(): Promise<void> {
  const scope = { system: "shop", environment: "staging" };
  const ledger = new PostgresLedger({ url, schema: "sterna", scope });
  try {
    console.log((await applyStep(JSON.parse(step) as StepDefinition, ledger)).outcome);
  } finally {
    await ledger.close();
  }
}

void main();
