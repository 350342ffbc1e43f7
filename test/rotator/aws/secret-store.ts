import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { AwsSecretVersions } from "../../../lib/rotator/aws/secret-versions";
import type { SecretVersions } from "../../../lib/rotator/rotation";
import {
  startStrictSecretsManager,
  type StrictOptions,
  type StrictSecretsManager,
} from "../../support/strict-secrets-manager";

/** A store of secrets for tests, with what they ask of it again and again. */
export interface SecretStore {
  /** Leads another process here. */
  readonly environment: Readonly<Record<string, string>>;

  /** Makes a secret, and gives its name back. */
  create(name: string, value?: string): Promise<string>;

  /** Version ids by label; fails when a label has two holders. */
  stages(secretId: string): Promise<Record<string, string>>;

  /** The value behind a label. */
  value(secretId: string, stage?: string): Promise<Record<string, string>>;

  /** The versions of a secret, as the rotator sees them. */
  versionsOf(secretId: string): SecretVersions;
  stop(): Promise<void>;
}

/** Secrets Manager of AWS. */
export interface AwsSecretStore extends SecretStore {
  readonly client: SecretsManagerClient;
  readonly strict: StrictSecretsManager;
}

export async function startSecretStore(options: StrictOptions = {}): Promise<AwsSecretStore> {
  const { endpoint, environment, strict, stop } = await startStrictSecretsManager(options);
  const client = new SecretsManagerClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  return {
    client,
    strict,
    environment,
    async create(Name, SecretString) {
      await client.send(new CreateSecretCommand({ Name, SecretString }));
      return Name;
    },
    async stages(SecretId) {
      const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
      const pairs = Object.entries(VersionIdsToStages).flatMap(([id, stages]) => stages.map((stage) => [stage, id]));
      const labels = pairs.map(([stage]) => stage);
      if (new Set(labels).size < labels.length) throw new Error(`a label is there twice: ${JSON.stringify(pairs)}`);
      return Object.fromEntries(pairs) as Record<string, string>;
    },
    async value(SecretId, VersionStage = "AWSCURRENT") {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId, VersionStage }));
      return JSON.parse(SecretString!) as Record<string, string>;
    },
    versionsOf: (secretId) => new AwsSecretVersions(client, secretId),
    async stop() {
      client.destroy();
      await stop();
    },
  };
}
