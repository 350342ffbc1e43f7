import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { rotate, type RotationResult } from "../../secrets/rotator/rotate";
import type { OnProgress } from "../../secrets/rotator/rotation-strategy";
import { SecretVersions } from "../../secrets/rotator/secret-versions";
import type { RotationSettings } from "../../secrets/rotator/settings";
import { strategyOf } from "../../secrets/rotator/strategies";

/** Rotates a secret with the credentials that the AWS SDK finds here. */
export async function rotateSecret(
  secretId: string,
  settings: RotationSettings,
  onProgress: OnProgress,
): Promise<RotationResult> {
  const client = new SecretsManagerClient({});
  try {
    const versions = new SecretVersions(client, secretId);
    return await rotate({ versions, strategy: strategyOf(settings, versions, onProgress), onProgress });
  } finally {
    client.destroy();
  }
}
