import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withoutUserConfiguration } from "./environment";
import { providerDataHome } from "./provider-mirror";
import { scratchRoot } from "./repository";

/**
 * The environment in which tests run Terraform, or `cdktf deploy`: nothing that a developer configured for Terraform,
 * the clouds, PostgreSQL or Sterna matters.
 */
export function terraformEnvironment(environment: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    ...withoutUserConfiguration(process.env),
    CHECKPOINT_DISABLE: "1",
    NO_COLOR: "1",
    // Terraform 1.11 knows no NO_COLOR.
    TF_CLI_ARGS: "-no-color",
    TF_CLI_CONFIG_FILE: emptyCliConfig(),
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    XDG_DATA_HOME: providerDataHome(),
    ...environment,
  };
}

function emptyCliConfig(): string {
  mkdirSync(scratchRoot, { recursive: true });
  const path = join(scratchRoot, "empty.tfrc");
  writeFileSync(path, "");
  return path;
}
