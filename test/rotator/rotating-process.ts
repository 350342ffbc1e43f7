import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { AwsSecretVersions } from "../../lib/rotator/aws/secret-versions";
import { GoogleSecretVersions } from "../../lib/rotator/google/secret-versions";
import { openSecretManager } from "../../lib/clouds/google-secret-manager";
import { ROTATION_STEPS, rotationStep } from "../../lib/rotator/rotation";
import type { RotationSettings } from "../../lib/rotator/settings";
import { strategyOf } from "../../lib/rotator/strategies/strategy-of";

/** Bundled by the kill test: a rotation that kills itself, as `kill -9` would, right after the point that it is told. */

/** What the process is told, as JSON in its environment variable `ROTATION`. */
export interface RotatingProcessOrder {
  readonly secretId: string;
  readonly token: string;
  readonly settings: RotationSettings;
  readonly killAfter: string;
}

async function main({ secretId, token, settings, killAfter }: RotatingProcessOrder): Promise<void> {
  const versions = secretId.startsWith("projects/")
    ? new GoogleSecretVersions(
        openSecretManager(process.env, async () => "none"),
        secretId,
      )
    : new AwsSecretVersions(new SecretsManagerClient({}), secretId);
  const onProgress = (point: string) => {
    if (point === killAfter) process.kill(process.pid, "SIGKILL");
  };
  const strategy = strategyOf(settings, versions, onProgress);
  for (const step of ROTATION_STEPS) await rotationStep({ versions, strategy, onProgress }, step, token);
}

void main(JSON.parse(process.env.ROTATION!) as RotatingProcessOrder);
