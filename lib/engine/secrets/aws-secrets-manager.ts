import { EngineError } from "../engine-error";
import { awsSettings } from "../objects/s3-client";
import { describeSecret, type NamedSecret } from "./stored-secret";

/** Longer than all attempts of the SDK take in a network that answers. */
const TIMEOUT_MILLISECONDS = 30_000;
const ARN = /^arn:[^:]+:secretsmanager:([^:]+):/;

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

/**
 * The text of a version of a secret in AWS Secrets Manager. Its ARN names the region; otherwise it is that of the
 * environment.
 *
 * @throws EngineError `SecretMissing`, `SecretAccessDenied`, `SecretStoreUnreachable`, `SecretIsBinary`
 */
export async function readAwsSecret(
  secret: Extract<NamedSecret, { store: "aws" }>,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> {
  const { id, versionStage } = secret;
  const settings = awsSettings(environment, "SECRETS_MANAGER");
  const region = regionInArn(id) ?? settings.region;
  // Loaded here: it takes longer to load than the whole provider, and few steps need it.
  const sdk = await import("@aws-sdk/client-secrets-manager");
  const client = new sdk.SecretsManagerClient({
    ...(environment === process.env ? {} : settings),
    ...(region && { region }),
  });
  const timeout = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
  const abortSignal = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  try {
    const command = new sdk.GetSecretValueCommand({
      SecretId: id,
      ...(versionStage && { VersionStage: versionStage }),
    });
    const { SecretString } = await client.send(command, { abortSignal });
    if (SecretString !== undefined) return SecretString;
  } catch (error) {
    signal?.throwIfAborted();
    throw explain(error, describeSecret(secret), region);
  } finally {
    client.destroy();
  }
  throw new EngineError(
    "SecretIsBinary",
    `${describeSecret(secret)} holds bytes, not a text; store a text, such as the bytes in base64`,
  );
}

/** The region that an ARN of a secret names; nothing for a name. */
export function regionInArn(id: string): string | undefined {
  return ARN.exec(id)?.[1];
}

function explain(cause: unknown, what: string, region: string | undefined): EngineError {
  const { name, message } = cause as Error;
  const where = `in ${region ?? "the region of the AWS configuration"}`;
  const said = `Secrets Manager says ${name}: ${message}`;
  if (MISSING.includes(name)) {
    return new EngineError(
      "SecretMissing",
      `${what} is not there ${where}, or has no such version. ${said}. Check its name, the region and the account, or write its ARN`,
      { cause },
    );
  }
  if (DENIED.includes(name)) {
    return new EngineError(
      "SecretAccessDenied",
      `${what} may not be read ${where} with the credentials of this process. ${said}. They need secretsmanager:GetSecretValue, and kms:Decrypt for a secret with a key of its own`,
      { cause },
    );
  }
  return new EngineError(
    "SecretStoreUnreachable",
    `${what} cannot be fetched ${where}: ${name}: ${message}. Check AWS_REGION, the credentials and the network`,
    { cause },
  );
}
