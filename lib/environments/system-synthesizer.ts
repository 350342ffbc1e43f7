import { existsSync, writeFileSync } from "node:fs";
import { App, type IStackSynthesizer, type ISynthesisSession } from "cdktf";
import { STACK_MANIFEST_FILE } from "../core/stack-manifest";
import { ValidationError } from "../core/validation-error";
import { deliverProvider } from "./deliver-provider";
import { linkProviders, providerMirrors } from "./link-providers";
import { STERNA_PROVIDER_SOURCE } from "./sterna-provider";
import { sternaPackage } from "./sterna-package";
import type { SystemStack } from "./system-stack";

/** Adds to a stack's folder what Terraform and the command line need there: the provider and `sterna.json`. */
export class SystemSynthesizer implements IStackSynthesizer {
  constructor(
    private readonly stack: SystemStack,
    private readonly inner: IStackSynthesizer,
  ) {}

  synthesize(session: ISynthesisSession): void {
    this.refuseHcl();
    const zip = this.requireProvider();
    this.inner.synthesize(session);
    const { place, platforms, providerMirror } = this.stack;
    const mirror = place.file("terraform.d", "plugins");
    deliverProvider(zip, mirror, sternaPackage().version, platforms);
    const others = Object.entries(this.stack.requiredProviders).filter(
      ([, { source }]) => source !== STERNA_PROVIDER_SOURCE,
    );
    linkProviders(Object.fromEntries(others), providerMirrors(providerMirror), mirror, platforms);
    writeFileSync(place.file(STACK_MANIFEST_FILE), `${JSON.stringify(this.stack.manifest, null, 2)}\n`);
  }

  // The provider's blocks and the overrides are JSON only; as HCL they would be left out without a word.
  private refuseHcl(): void {
    const asked = process.env.SYNTH_HCL_OUTPUT;
    if (!App.of(this.stack).hclOutput && asked !== "true" && asked !== "1") return;
    throw new ValidationError(
      "HclOutputUnsupported",
      "Sterna synthesizes JSON; unset SYNTH_HCL_OUTPUT, or leave hclOutput of the App and --hcl of cdktf synth out",
      this.stack,
    );
  }

  private requireProvider(): string {
    const zip = this.stack.providerPackage;
    if (existsSync(zip)) return zip;
    throw new ValidationError(
      "ProviderNotBuilt",
      `the Terraform provider ${zip} is missing; run \`npm run build\``,
      this.stack,
    );
  }
}
