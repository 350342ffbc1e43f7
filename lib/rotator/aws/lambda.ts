import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { SternaError } from "../../core/errors";
import { AwsSecretVersions, refuseOverdue } from "./secret-versions";
import { ROTATION_STEPS, rotationStep } from "../rotation";
import { parseRotationSettings, SETTINGS_VARIABLE } from "../settings";
import { strategyOf } from "../strategies/strategy-of";

/** Event that Secrets Manager sends to a rotation function. */
const rotationEvent = z.object({
  SecretId: z.string(),
  ClientRequestToken: z.string(),
  Step: z.enum(ROTATION_STEPS),
});

/** Event that a daily rule sends, for the alarm. */
const overdueCheck = z.object({ check: z.literal("overdue"), SecretId: z.string() });

const client = new SecretsManagerClient({});

/**
 * The rotation function on AWS Lambda.
 *
 * @throws SternaError `RotationSettingsInvalid`, `RotationOverdue`, and those of `rotationStep`; Secrets Manager then
 * retries the rotation
 */
export async function handler(event: unknown): Promise<void> {
  const check = overdueCheck.safeParse(event);
  if (check.success) return refuseOverdue(client, check.data.SecretId);
  const parsed = rotationEvent.safeParse(event);
  if (!parsed.success) {
    throw new SternaError(
      "RotationSettingsInvalid",
      `this function is called by Secrets Manager's rotation; the event is none: ${z.prettifyError(parsed.error)}`,
    );
  }
  const { SecretId, ClientRequestToken, Step } = parsed.data;
  const settings = parseRotationSettings(process.env[SETTINGS_VARIABLE] ?? "", SETTINGS_VARIABLE);
  const versions = new AwsSecretVersions(client, SecretId);
  const onProgress = (point: string) => console.log(`${ClientRequestToken} ${point}`);
  await rotationStep(
    { versions, strategy: strategyOf(settings, versions, onProgress), onProgress },
    Step,
    ClientRequestToken,
  );
}
