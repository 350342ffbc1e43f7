import type { TerraformObject } from "../protocol/dynamic-value";
import type { Diagnostic } from "../protocol/messages";
import { warning } from "./diagnostics";
import type { ProviderSession } from "./session";
import { isUnreadableLedger } from "./unreadable-ledger";

/** The data source `sterna_ledger`: what the ledger holds against what the configuration expects. */
export async function readLedger(
  config: TerraformObject,
  session: ProviderSession,
): Promise<{ state: TerraformObject; diagnostics: Diagnostic[] }> {
  const expected = (config.expected ?? []) as string[];
  const base = { system: config.system, expected: config.expected ?? null };
  // The database may come with this very apply.
  const nothing = (reason: string) => ({
    state: { ...base, applied: {}, unexpected: [], missing: expected },
    diagnostics: [warning("The ledger cannot be read yet", reason)],
  });
  if (session.unknown) return nothing("The provider's configuration is known only after the apply.");
  try {
    const records = await session.ledgers(String(config.system)).ofStack().list();
    const applied = records.filter((record) => record.status === "applied");
    const facts = {
      applied: Object.fromEntries(applied.map((record) => [record.id, record.checksum])),
      unexpected: records.map((record) => record.id).filter((id) => !expected.includes(id)),
      missing: expected.filter((id) => !applied.some((record) => record.id === id)),
    };
    return { state: { ...base, ...facts }, diagnostics: [] };
  } catch (error) {
    if (!isUnreadableLedger(error)) throw error;
    return nothing(error.message);
  }
}
