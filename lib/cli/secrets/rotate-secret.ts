import { withSecretsManager } from "../../clouds/aws-secrets-manager";
import { googleAccessToken } from "../../clouds/google-access";
import { AwsSecretVersions } from "../../rotator/aws/secret-versions";
import { rotateGoogleSecret as rotateOnGoogle } from "../../rotator/google/rotation-message";
import { openSecretManager, SECRET_MANAGER_SCOPE } from "../../clouds/google-secret-manager";
import { GoogleSecretVersions } from "../../rotator/google/secret-versions";
import { rotate, type RotationResult, type OnProgress } from "../../rotator/rotation";
import type { RotationSettings } from "../../rotator/settings";
import { strategyOf } from "../../rotator/strategies/strategy-of";

/** What is rotated, and how. */
export interface RotatedSecret {
  /** Name or ARN in AWS Secrets Manager; `projects/<project>/secrets/<name>` in Google Secret Manager. */
  readonly id: string;
  readonly settings: RotationSettings;

  /** @default - that of the ARN, or of the variables */
  readonly region?: string | undefined;
}

/**
 * Rotates a secret from here.
 *
 * @param variables where credentials, region and endpoint are looked up
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

/** Whether a secret is one of Google Secret Manager: `projects/<project>/secrets/<name>`. */
export function isGoogleSecretId(id: string): boolean {
  return /^projects\/[^/]+\/secrets\/[^/]+$/.test(id);
}

/** Rotates a secret of Google Secret Manager from here. @param variables where credentials and endpoint are looked up */
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
