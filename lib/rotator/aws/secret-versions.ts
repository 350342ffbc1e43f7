import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { ifFound } from "../../clouds/aws-secrets-manager";
import { SternaError } from "../../core/errors";
import type { SecretVersions, Stages } from "../rotation";

/**
 * The versions of a secret in AWS Secrets Manager, with the labels that a rotation moves.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/getting-started.html (secret version)
 */
export class AwsSecretVersions implements SecretVersions {
  constructor(
    private readonly client: SecretsManagerClient,
    readonly secretId: string,
  ) {}

  async stages(): Promise<Stages> {
    const { VersionIdsToStages = {} } = await this.client.send(new DescribeSecretCommand({ SecretId: this.secretId }));
    const holder = (stage: string) =>
      Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes(stage))?.[0];
    return { current: holder("AWSCURRENT"), pending: holder("AWSPENDING"), previous: holder("AWSPREVIOUS") };
  }

  /** A version has no value right after RotateSecret created it. */
  async value(versionId: string | undefined): Promise<string | undefined> {
    if (versionId === undefined) return undefined;
    const command = new GetSecretValueCommand({ SecretId: this.secretId, VersionId: versionId });
    return (await ifFound(this.client.send(command)))?.SecretString;
  }

  async currentValueOf(secretId: string): Promise<string | undefined> {
    const command = new GetSecretValueCommand({ SecretId: secretId, VersionStage: "AWSCURRENT" });
    return (await this.client.send(command)).SecretString;
  }

  async putPending(versionId: string, value: string): Promise<void> {
    try {
      await this.client.send(
        new PutSecretValueCommand({
          SecretId: this.secretId,
          ClientRequestToken: versionId,
          SecretString: value,
          VersionStages: ["AWSPENDING"],
        }),
      );
    } catch (error) {
      if ((error as Error).name !== "ResourceExistsException") throw error;
    }
  }

  async promote(versionId: string, from: string | undefined): Promise<void> {
    try {
      await this.moveStage("AWSCURRENT", versionId, from);
    } catch (error) {
      // A repeated call is refused as well: what matters is which version holds the label.
      const { current } = await this.stages();
      if (current === versionId) return;
      throw error;
    }
  }

  /** AWS may already have removed AWSPENDING with the promotion: aws-samples' issue 168 saw both. */
  async clearPending(versionId: string): Promise<void> {
    if ((await this.stages()).pending !== versionId) return;
    try {
      await this.moveStage("AWSPENDING", undefined, versionId);
    } catch (error) {
      if ((await this.stages()).pending === versionId) throw error;
    }
  }

  private async moveStage(stage: string, to: string | undefined, from: string | undefined): Promise<void> {
    await this.client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: this.secretId,
        VersionStage: stage,
        MoveToVersionId: to,
        RemoveFromVersionId: from,
      }),
    );
  }
}

/** Longer than the longest window for the start of a rotation, including its retries. */
const GRACE_MILLISECONDS = 2 * 86_400_000;

/**
 * Fails if a secret should have been rotated by now.
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
