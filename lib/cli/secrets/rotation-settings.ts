import { z } from "zod";
import { SternaError } from "../../core/errors";
import { parseRotationSettings, SETTINGS_VARIABLE, type RotationSettings } from "../../rotator/settings";
import type { Terminal } from "../terminal/terminal";
import { Terraform } from "../../toolkit/terraform/terraform";
import type { DeclaredRotation } from "./declared-rotation";

/** The parts of the output of `terraform show -json` that are read. */
const state = z.looseObject({
  values: z
    .looseObject({
      root_module: z.looseObject({
        resources: z.array(z.looseObject({ address: z.string(), values: z.looseObject({}) })).default([]),
      }),
    })
    .optional(),
});
const variables = z.record(z.string(), z.string()).default({});
/** An AWS Lambda function or a Cloud Run function. */
const rotator = z.looseObject({
  environment: z.array(z.looseObject({ variables })).default([]),
  service_config: z.array(z.looseObject({ environment_variables: variables })).default([]),
});

/**
 * The settings of a declared rotation. References to other resources are resolved from Terraform's state.
 *
 * @param variables environment of Terraform
 * @throws SternaError `RotationSettingsInvalid`, `TerraformMissing`, `TerraformFailed`
 */
export async function settingsOf(
  declared: DeclaredRotation,
  variables: NodeJS.ProcessEnv,
  terminal: Terminal,
): Promise<RotationSettings> {
  const { settings, stack } = declared;
  if (!settings.includes("${")) return parseRotationSettings(settings, `the rotation of ${declared.secretName}`);
  return parseRotationSettings(await deployedSettings(declared, variables, terminal), `the state of ${stack}`);
}

async function deployedSettings(
  { directory, manifest, stack, functionAddress }: DeclaredRotation,
  variables: NodeJS.ProcessEnv,
  terminal: Terminal,
): Promise<string> {
  const context = { environment: manifest?.environment ?? "", ledger: manifest?.ledger ?? "" };
  const chunks: Buffer[] = [];
  const terraform = new Terraform(directory, variables, terminal, context);
  // Never written to a file: a state may contain secrets of other resources.
  const { succeeded, output } = await terraform.runToReader(["show", "-json"], (bytes) => chunks.push(bytes));
  const { values } = succeeded ? state.parse(JSON.parse(Buffer.concat(chunks).toString("utf8"))) : {};
  const found = values?.root_module.resources.find(({ address }) => address === functionAddress);
  const { environment = [], service_config = [] } = rotator.safeParse(found?.values).data ?? {};
  const known = { ...environment[0]?.variables, ...service_config[0]?.environment_variables };
  const settings = known[SETTINGS_VARIABLE];
  if (settings !== undefined) return settings;
  throw new SternaError(
    "TerraformFailed",
    `the state of ${stack} does not tell the settings of ${functionAddress}: ${output.trim() || "it is not there; was the stack applied, and its folder initialized?"}`,
  );
}
