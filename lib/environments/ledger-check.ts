import type { DataSternaLedger } from "./data-sterna-ledger";

/**
 * A `check` block that warns when the ledger holds steps that the configuration does not: after a lost state, or when
 * another stack wrote to the ledger.
 *
 * The data source stands outside of the block: inside, Terraform reads it in every apply, so that no plan is ever empty.
 */
export function ledgerCheck(ledger: DataSternaLedger, system: string, environment: string): object {
  const unexpected = `data.sterna_ledger.${ledger.friendlyUniqueId}.unexpected`;
  return {
    assert: [
      {
        condition: `\${length(${unexpected}) == 0}`,
        error_message:
          `The ledger of ${system} in ${environment} holds steps that the configuration does not: \${join(", ", ${unexpected})}. ` +
          "If this plan does not roll them back, the state was lost or another stack wrote them: see `sterna status`.",
      },
    ],
  };
}
