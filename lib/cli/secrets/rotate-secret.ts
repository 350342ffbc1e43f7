import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { awsSettings } from "../../engine/objects/aws-settings";
import { regionInArn } from "../../engine/secrets/aws-secrets-manager";
import { AwsSecretVersions } from "../../secrets/rotator/aws-secret-versions";
import { rotate, type RotationResult } from "../../secrets/rotator/rotate";
import type { OnProgress } from "../../secrets/rotator/rotation-strategy";
import type { RotationSettings } from "../../secrets/rotator/settings";
import { strategyOf } from "../../secrets/rotator/strategies";
import { isGoogleSecretId, rotateGoogleSecret } from "./rotate-google-secret";

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
  const named = region ?? regionInArn(id);
  const client = new SecretsManagerClient({
    ...awsSettings(variables, "SECRETS_MANAGER"),
    ...(named !== undefined && { region: named }),
  });
  try {
    const versions = new AwsSecretVersions(client, id);
    return await rotate({ versions, strategy: strategyOf(settings, versions, onProgress), onProgress });
  } finally {
    client.destroy();
  }
}
