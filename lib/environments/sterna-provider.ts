import { TerraformProvider } from "cdktf";
import type { Construct } from "constructs";
import { terraformLiteral } from "../core/terraform-literal";
import { sternaPackage } from "./sterna-package";

/** Source address of Sterna's Terraform provider. */
export const STERNA_PROVIDER_SOURCE = "sterna/sterna";

/** What cdktf wants to know about the provider of a resource. */
export function sternaProviderMetadata() {
  const { version } = sternaPackage();
  return { providerName: "sterna", providerVersion: version, providerVersionConstraint: version };
}

/** Arguments of the provider. */
export interface SternaProviderConfig {
  /**
   * Where the ledger is, as the JSON of a `LedgerConfig`.
   * @default - the provider reads STERNA_LEDGER
   */
  readonly ledger?: string;

  /**
   * Environment whose steps these are.
   * @default - the provider reads STERNA_ENVIRONMENT
   */
  readonly environment?: string;
}

/** The Terraform provider `sterna/sterna`. A `SystemStack` makes it. */
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
