import { DescribeSecretCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SternaError } from "../../core/sterna-error";

/** Longer than the longest window in which a rotation may begin, and its repetitions. */
const GRACE_MILLISECONDS = 2 * 86_400_000;

/**
 * Fails when a secret should have been rotated by now.
 *
 * @throws SternaError `RotationOverdue`
 */
export async function refuseOverdue(client: SecretsManagerClient, secretId: string, now = new Date()): Promise<void> {
  const described = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
  const { RotationEnabled: enabled, NextRotationDate: next, LastRotatedDate: last } = described;
  const overdue = next !== undefined && now.getTime() - next.getTime() > GRACE_MILLISECONDS;
  if (enabled && !overdue) return;
  throw new SternaError(
    "RotationOverdue",
    `the secret ${secretId} ${enabled ? `should have been rotated by ${next?.toISOString()}` : "is not rotated any more"}; ` +
      `its last rotation was ${last?.toISOString() ?? "never"}`,
  );
}
