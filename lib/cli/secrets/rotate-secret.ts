import { withSecretsManager } from "../../clouds/aws-secrets-manager";
import { googleAccessToken } from "../../clouds/google-access";
import { AwsSecretVersions } from "../../rotator/aws/secret-versions";
import { rotateGoogleSecret as rotateOnGoogle } from "../../rotator/google/rotation-message";
import { openSecretManager, SECRET_MANAGER_SCOPE } from "../../clouds/google-secret-manager";
import { GoogleSecretVersions } from "../../rotator/google/secret-versions";
import { rotate, type RotationResult, type OnProgress } from "../../rotator/rotation";
import type { RotationSettings } from "../../rotator/settings";
import { strategyOf } from "../../rotator/strategies/strategy-of";

/** A secret to rotate, and how. */
export interface RotatedSecret {
  /** Name or ARN in AWS Secrets Manager, or `projects/<project>/secrets/<name>` in Google Secret Manager. */
  readonly id: string;
  readonly settings: RotationSettings;

  /** @default - the region in the ARN or the variables */
  readonly region?: string | undefined;
}

/**
 * Rotates a secret from this machine.
 *
 * @param variables environment with credentials, region and endpoint
 */
export async function rotateSecret(
  { id, settings, region }: RotatedSecret,
  variables: NodeJS.ProcessEnv,
  onProgress: OnProgress,
): Promise<RotationResult> {
  if (isGoogleSecretId(id)) return rotateGoogleSecret(id, settings, variables, onProgress);
  return withSecretsManager({ id, region, variables }, ({ client }) => {
    const versions = new AwsSecretVersions(client, id);
    return rotate({ versions, strategy: strategyOf(settings, versions, onProgress), onProgress });
  });
}

/** Whether a secret is in Google Secret Manager: `projects/<project>/secrets/<name>`. */
export function isGoogleSecretId(id: string): boolean {
  return /^projects\/[^/]+\/secrets\/[^/]+$/.test(id);
}

/**
 * Rotates a secret in Google Secret Manager from this machine. @param variables environment with credentials and
 * endpoint
 */
async function rotateGoogleSecret(
  id: string,
  settings: RotationSettings,
  variables: NodeJS.ProcessEnv,
  onProgress: OnProgress,
): Promise<RotationResult> {
  const client = openSecretManager(variables, googleAccessToken(variables, SECRET_MANAGER_SCOPE));
  const versions = new GoogleSecretVersions(client, id);
  return rotateOnGoogle({ versions, strategy: strategyOf(settings, versions, onProgress), onProgress });
}
