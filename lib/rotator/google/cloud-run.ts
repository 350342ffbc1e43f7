import { GoogleAuth } from "google-auth-library";
import { GoogleSecretVersions } from "./secret-versions";
import { openSecretManager, SECRET_MANAGER_SCOPE } from "../../clouds/google-secret-manager";
import { handleRotationMessage } from "./rotation-message";
import { parseRotationSettings, PERIOD_VARIABLE, SECRET_VARIABLE, SETTINGS_VARIABLE } from "../settings";
import { strategyOf } from "../strategies/strategy-of";

// The project is part of the secret's name. Without a project here, the library would query another service for it.
const auth = new GoogleAuth({ scopes: SECRET_MANAGER_SCOPE, projectId: "unused" });

/**
 * The rotation function on Cloud Run, which receives the messages of the secret's topic.
 *
 * @throws SternaError `RotationSettingsInvalid`, and those of `rotationStep`; Pub/Sub then redelivers the message
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
