// Holds a step's lock in a process of its own. Says `held`, puts a row for each line it is sent, and says what came of
// it: `put`, or the error's code. Says `lost` when its lock is.
import "../../lib/provider/kinds";
import { createInterface } from "node:readline";
import "../../lib/provider/kinds";
import { ledgerConfig } from "../../lib/manifest/ledger-config";
import { record } from "./ledger-record";
import { openObjectLedger, type ObjectLedgerConfig } from "./open-object-ledger";

const [config, lockLifetime, id] = process.argv.slice(2) as [string, string, string];

async function main(): Promise<void> {
  const ledger = openObjectLedger(ledgerConfig.parse(JSON.parse(config)) as ObjectLedgerConfig, Number(lockLifetime));
  await ledger.withLock(id, async (session) => {
    // On a busy machine the lock may be lost before this runs.
    if (session.lost!.aborted) console.log("lost");
    else session.lost!.addEventListener("abort", () => console.log("lost"));
    await session.get();
    console.log("held");
    for await (const line of createInterface({ input: process.stdin })) {
      await session.put(record(id, { error: line })).then(
        () => console.log("put"),
        (error: { code?: string }) => console.log(error.code),
      );
    }
  });
}

void main();
