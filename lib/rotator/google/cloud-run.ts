import { GoogleAuth } from "google-auth-library";
import { GoogleSecretVersions } from "./secret-versions";
import { openSecretManager, SECRET_MANAGER_SCOPE } from "../../clouds/google-secret-manager";
import { handleRotationMessage } from "./rotation-message";
import { parseRotationSettings, PERIOD_VARIABLE, SECRET_VARIABLE, SETTINGS_VARIABLE } from "../settings";
import { strategyOf } from "../strategies/strategy-of";

// The project is in the secret's name; without one given here, the library asks a further service for it.
const auth = new GoogleAuth({ scopes: SECRET_MANAGER_SCOPE, projectId: "unused" });

/**
 * The rotation function of Cloud Run: gets the messages of the secret's topic.
 *
 * @throws SternaError `RotationSettingsInvalid`, and as `rotationStep`; Pub/Sub then delivers the message again
 */
export async function rotate(event: unknown): Promise<void> {
  try {
    const { [SECRET_VARIABLE]: secretId = "", [SETTINGS_VARIABLE]: json = "", [PERIOD_VARIABLE]: period } = process.env;
    const settings = parseRotationSettings(json, SETTINGS_VARIABLE);
    const client = openSecretManager(process.env, async () => (await auth.getAccessToken()) ?? "");
    const versions = new GoogleSecretVersions(client, secretId);
    const onProgress = (point: string) => log("INFO", point);
    const strategy = strategyOf(settings, versions, onProgress);
    await handleRotationMessage(event, { versions, strategy, onProgress, rotationPeriodSeconds: Number(period), log });
  } catch (error) {
    log("ERROR", (error as Error).message);
    throw error;
  }
}

/** @see https://cloud.google.com/functions/docs/monitoring/logging (structured logs) */
function log(severity: "INFO" | "ERROR", message: string): void {
  console.log(JSON.stringify({ severity, message }));
}
