import { TerraformDataSource } from "cdktf";
import type { Construct } from "constructs";
import { sternaProviderMetadata } from "./sterna-provider";

/** Arguments of the data source `sterna_ledger`. */
export interface DataSternaLedgerConfig {
  /** System whose steps are asked for. */
  readonly system: string;

  /**
   * Ids of the steps that the configuration holds.
   * @default - none
   */
  readonly expected?: readonly string[];
}

/** The Terraform data source `sterna_ledger`: what the ledger holds, against what is expected. */
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

  /** Steps that the ledger holds and the configuration does not. */
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
