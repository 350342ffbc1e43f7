import { googleAccessToken } from "../../engine/ledgers/google-access";
import { GoogleSecretVersions } from "../../secrets/rotator/google/google-secret-versions";
import { openSecretManager, SECRET_MANAGER_SCOPE } from "../../secrets/rotator/google/open-secret-manager";
import { rotateGoogleSecret as rotate } from "../../secrets/rotator/google/rotate-google-secret";
import type { RotationResult } from "../../secrets/rotator/rotate";
import type { OnProgress } from "../../secrets/rotator/rotation-strategy";
import type { RotationSettings } from "../../secrets/rotator/settings";
import { strategyOf } from "../../secrets/rotator/strategies";

/** Whether a secret is one of Google Secret Manager: `projects/<project>/secrets/<name>`. */
export function isGoogleSecretId(id: string): boolean {
  return /^projects\/[^/]+\/secrets\/[^/]+$/.test(id);
}

/** Rotates a secret of Google Secret Manager from here. @param variables where credentials and endpoint are looked up */
export async function rotateGoogleSecret(
  id: string,
  settings: RotationSettings,
  variables: NodeJS.ProcessEnv,
  onProgress: OnProgress,
): Promise<RotationResult> {
  const client = openSecretManager(variables, googleAccessToken(variables, SECRET_MANAGER_SCOPE));
  const versions = new GoogleSecretVersions(client, id);
  return rotate({ versions, strategy: strategyOf(settings, versions, onProgress), onProgress });
}
