/** What the check asks for. */
export interface LedgerCheckOptions {
  readonly system: string;
  readonly environment: string;

  /** Ids of the steps that the configuration holds. */
  readonly steps: readonly string[];
}

/**
 * A `check` block that warns when the ledger and the configuration hold different steps: after a lost state, or when
 * another stack wrote to the ledger. The data source stands inside of the block, because Terraform reads it again at
 * the end of an apply there, and because an error of it is a warning (Terraform language, "Checks with data sources").
 */
export function ledgerCheck({ system, environment, steps }: LedgerCheckOptions): object {
  const list = (attribute: string) => `\${join(", ", data.sterna_ledger.ledger.${attribute})}`;
  const isEmpty = (attribute: string) => `\${length(data.sterna_ledger.ledger.${attribute}) == 0}`;
  return {
    data: {
      sterna_ledger: {
        ledger: {
          system,
          expected: steps,
          // While steps are pending, what the ledger holds says nothing.
          ...(steps.length === 0 ? {} : { depends_on: steps.map((step) => `sterna_step.${step}`) }),
        },
      },
    },
    assert: [
      {
        condition: isEmpty("unexpected"),
        error_message:
          `The ledger of ${system} in ${environment} holds steps that the configuration does not: ${list("unexpected")}. ` +
          "Unless this plan rolls them back, the state was lost or another stack wrote them: see `sterna status`.",
      },
      {
        condition: isEmpty("missing"),
        error_message:
          `The ledger of ${system} in ${environment} does not hold these steps as applied: ${list("missing")}. ` +
          "Apply again to go on.",
      },
    ],
  };
}
