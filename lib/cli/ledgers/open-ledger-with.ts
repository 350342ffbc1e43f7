import type { Ledger } from "../../engine/ledgers/ledger";
import type { LedgerConfig } from "../../engine/ledgers/ledger-config";
import { openLedger, type LedgerPlace } from "../../engine/ledgers/open-ledger";
import { resolveText } from "../../engine/resolve-text";

/**
 * Opens a ledger as one environment sees it.
 *
 * @param variables process variables of the environment, where references are looked up
 */
export function openLedgerWith(variables: NodeJS.ProcessEnv, config: LedgerConfig, place: LedgerPlace): Ledger {
  const resolved =
    config.kind === "postgres" ? { ...config, url: resolveText(config.url, {}, "the ledger", variables) } : config;
  return openLedger(resolved, place);
}
