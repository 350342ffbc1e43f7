import { secretsManagerFailure, withSecretsManager } from "../../clouds/aws-secrets-manager";
import { EngineError } from "../engine-error";
import { describeSecret, type NamedSecret } from "./stored-secret";

/** Longer than all attempts of the SDK take in a network that answers. */
const TIMEOUT_MILLISECONDS = 30_000;

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
  const timeout = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
  const abortSignal = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const text = await withSecretsManager({ id, variables: environment }, async ({ sdk, client, region }) => {
    const command = new sdk.GetSecretValueCommand({
      SecretId: id,
      ...(versionStage && { VersionStage: versionStage }),
    });
    try {
      return (await client.send(command, { abortSignal })).SecretString;
    } catch (error) {
      signal?.throwIfAborted();
      throw explain(error, describeSecret(secret), region);
    }
  });
  if (text !== undefined) return text;
  throw new EngineError(
    "SecretIsBinary",
    `${describeSecret(secret)} holds bytes, not a text; store a text, such as the bytes in base64`,
  );
}

function explain(cause: unknown, what: string, region: string | undefined): EngineError {
  const { name, message } = cause as Error;
  const where = `in ${region ?? "the region of the AWS configuration"}`;
  const said = `Secrets Manager says ${name}: ${message}`;
  const failure = secretsManagerFailure(cause);
  if (failure === "missing") {
    return new EngineError(
      "SecretMissing",
      `${what} is not there ${where}, or has no such version. ${said}. Check its name, the region and the account, or write its ARN`,
      { cause },
    );
  }
  if (failure === "denied") {
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
