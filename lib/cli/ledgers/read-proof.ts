import { canonicalJson } from "../../engine/checksum";
import { proof } from "../../engine/provider/proof";
import type { SynthesizedSystem } from "../project/stacks";
import { readHomes, readLedgers, type LedgerReading } from "./read-ledgers";

/**
 * What the environment before has applied, as seen from the environment that is promoted: through the ledgers that its
 * steps name as their proof, which is where the provider will look, and through the earlier environment's own.
 *
 * Rows carry their environment, so no other environment's row can pass for a proof.
 */
export async function readProof(
  from: SynthesizedSystem,
  to: SynthesizedSystem,
  variables: { readonly from: NodeJS.ProcessEnv; readonly to: NodeJS.ProcessEnv },
): Promise<LedgerReading> {
  const named = new Map(
    to.steps
      .flatMap(({ proof: json }) => (json === undefined ? [] : [proof.parse(JSON.parse(json))]))
      .filter(({ environment }) => environment === from.environment)
      .map(({ ledger }) => [canonicalJson(ledger), { config: ledger, steps: [] }]),
  );
  const place = { system: from.system, environment: from.environment, directory: to.directory };
  const proofs = await readHomes([...named.values()], place, variables.to);
  const own = await readLedgers(from, variables.from);
  return {
    rows: new Map([...own.rows, ...proofs.rows]),
    // One of the two ways suffices: the earlier environment's own secrets are often not at hand.
    unreadable: named.size > 0 && proofs.unreadable.length === 0 ? [] : [...proofs.unreadable, ...own.unreadable],
  };
}
