import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { awsSettings, regionInArn } from "./aws-settings";

export type SecretsManagerSdk = typeof import("@aws-sdk/client-secrets-manager");

/** A client of AWS Secrets Manager, and the region that it asks. */
export interface OpenSecretsManager {
  readonly sdk: SecretsManagerSdk;
  readonly client: SecretsManagerClient;

  /** Nothing where only the AWS configuration knows it. */
  readonly region: string | undefined;
}

/** Where a secret is. */
export interface SecretPlace {
  /** Name or ARN. An ARN names its region. */
  readonly id: string;

  /** @default - that of the ARN, or of the variables */
  readonly region?: string | undefined;

  /** The environment that has credentials, region and endpoint. */
  readonly variables: NodeJS.ProcessEnv;
}

/**
 * Works with the Secrets Manager that has a secret, and closes the connections.
 *
 * The SDK is loaded with the first call: that takes longer than the whole provider, and few steps need it.
 */
export async function withSecretsManager<Result>(
  { id, region, variables }: SecretPlace,
  work: (opened: OpenSecretsManager) => Promise<Result>,
): Promise<Result> {
  const sdk = await import("@aws-sdk/client-secrets-manager");
  const settings = awsSettings(variables, "SECRETS_MANAGER");
  const named = region ?? regionInArn(id);
  const client = new sdk.SecretsManagerClient({ ...settings, ...(named !== undefined && { region: named }) });
  try {
    return await work({ sdk, client, region: named ?? settings.region });
  } finally {
    client.destroy();
  }
}

/** What stands behind a failed request: there is no such secret, the credentials do not suffice, or anything else. */
export type SecretsManagerFailure = "missing" | "denied" | "other";

/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html (Errors) */
const MISSING = ["ResourceNotFoundException", "InvalidRequestException"];
/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html */
const DENIED = [
  "AccessDeniedException",
  "DecryptionFailure",
  "ExpiredTokenException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "UnrecognizedClientException",
];

/** What an error of the SDK means. */
export function secretsManagerFailure(error: unknown): SecretsManagerFailure {
  const { name } = error as Error;
  return MISSING.includes(name) ? "missing" : DENIED.includes(name) ? "denied" : "other";
}

/** The answer about a secret or a version, or nothing when there is none; any other failure is thrown. */
export async function ifFound<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    // Any other refusal, as of a secret that is marked for deletion, does not mean that there is none.
    if ((error as Error).name === "ResourceNotFoundException") return undefined;
    throw error;
  }
}
