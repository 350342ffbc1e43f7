/** Lines that make an explicit `provider_installation` block find what Sterna puts into each stack's folder. */
export const MIRROR_LINES = [
  "  filesystem_mirror {",
  '    path    = "terraform.d/plugins"',
  '    include = ["registry.terraform.io/sterna/sterna"]',
  "  }",
].join("\n");

/** What a CLI configuration file of Terraform says about installing providers. */
export interface ProviderInstallation {
  /** Whether there is a `provider_installation` block: implied mirrors are off then. */
  readonly explicit: boolean;
  /** Whether `terraform.d/plugins` is among its mirrors. */
  readonly hasStackMirror: boolean;
  /** Whether Sterna's provider is overridden for its development. */
  readonly overridesSterna: boolean;
}

/**
 * Reads a CLI configuration (Terraform CLI, "Provider Installation"). It is HCL; of its grammar only comments and
 * strings matter here.
 */
export function readProviderInstallation(configuration: string): ProviderInstallation {
  const text = withoutComments(configuration);
  const start = /^[\s{]*"?provider_installation"?\s*[:{]/m.exec(text);
  const rest = start === null ? "" : text.slice(start.index);
  return {
    explicit: start !== null,
    hasStackMirror: /filesystem_mirror[\s\S]*?"(?:\.\/)?terraform\.d\/plugins\/?"/.test(rest),
    overridesSterna: /dev_overrides\s*[:=]?\s*\{[^}]*sterna\/sterna/.test(rest),
  };
}

function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*")|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_all, quoted?: string) => quoted ?? " ",
  );
}
