import { TerraformProvider, TerraformDataSource } from "cdktf";
import type { Construct } from "constructs";
import { terraformLiteral } from "../core/tokens";
import { sternaPackage } from "../core/sterna-package";

/** Source address of Sterna's Terraform provider. */
export const STERNA_PROVIDER_SOURCE = "sterna/sterna";

/** The provider metadata that cdktf needs for a resource. */
export function sternaProviderMetadata() {
  const { version } = sternaPackage();
  return { providerName: "sterna", providerVersion: version, providerVersionConstraint: version };
}

/** Arguments of the provider. */
export interface SternaProviderConfig {
  /**
   * Location of the ledger, as the JSON of a `LedgerConfig`.
   * @default - the provider reads STERNA_LEDGER
   */
  readonly ledger?: string;

  /**
   * Environment of the steps.
   * @default - the provider reads STERNA_ENVIRONMENT
   */
  readonly environment?: string;
}

/** The Terraform provider `sterna/sterna`. Created by a `SystemStack`. */
export class SternaProvider extends TerraformProvider {
  constructor(
    scope: Construct,
    id: string,
    private readonly config: SternaProviderConfig,
  ) {
    super(scope, id, {
      terraformResourceType: "sterna",
      terraformGeneratorMetadata: sternaProviderMetadata(),
      terraformProviderSource: STERNA_PROVIDER_SOURCE,
    });
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    const { ledger, environment } = this.config;
    return {
      ledger: ledger === undefined ? undefined : terraformLiteral(ledger),
      environment,
    };
  }
}

/** Arguments of the data source `sterna_ledger`. */
export interface DataSternaLedgerConfig {
  /** System whose steps are queried. */
  readonly system: string;

  /**
   * Ids of the steps in the configuration.
   * @default - none
   */
  readonly expected?: readonly string[];
}

/** The Terraform data source `sterna_ledger`: compares the ledger with the expected steps. */
export class DataSternaLedger extends TerraformDataSource {
  constructor(
    scope: Construct,
    id: string,
    private readonly config: DataSternaLedgerConfig,
  ) {
    super(scope, id, { terraformResourceType: "sterna_ledger", terraformGeneratorMetadata: sternaProviderMetadata() });
  }

  /** Applied steps: id to checksum. */
  get applied(): Record<string, string> {
    return this.getStringMapAttribute("applied");
  }

  /** Steps in the ledger that are not in the configuration. */
  get unexpected(): string[] {
    return this.getListAttribute("unexpected");
  }

  /** Expected steps that are not applied. */
  get missing(): string[] {
    return this.getListAttribute("missing");
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { system: this.config.system, expected: this.config.expected };
  }
}

/**
 * A `check` block that warns when the ledger has steps that the configuration does not: after a lost state, or when
 * another stack wrote to the ledger.
 *
 * The data source is outside of the block: inside, Terraform would read it in every apply, so that no plan would ever
 * be empty.
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
