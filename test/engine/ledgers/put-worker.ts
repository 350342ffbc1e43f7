// Puts 200 KB in the place of the row "a", and says what came of it.
import { FileLedger } from "../../../lib/engine/ledgers/file-ledger";
import { registerKinds } from "../../../lib/engine/step-kind";
import { sqlKind } from "../../../lib/steps/sql/kind";

registerKinds({ sql: () => sqlKind });

async function main(): Promise<void> {
  const ledger = new FileLedger(process.argv[2]!, { system: "shop", environment: "staging" });
  await ledger
    .withLock("a", async (session) => session.put({ ...(await session.get())!, error: "x".repeat(200_000) }))
    .then(
      () => console.log("put"),
      (error: Error) => console.log(error.message),
    );
}

void main();
