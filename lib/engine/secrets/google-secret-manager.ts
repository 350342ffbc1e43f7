import { openSecretManager, SecretManagerRefusal, SECRET_MANAGER_SCOPE } from "../../clouds/google-secret-manager";
import { EngineError } from "../engine-error";
import { googleAccessToken } from "../../clouds/google-access";
import { describeSecret, type NamedSecret } from "./stored-secret";

const TIMEOUT_MILLISECONDS = 30_000;
/** As many as AWS's SDK makes. */
const ATTEMPTS = 3;

/**
 * The text of a version of a secret in Google Secret Manager.
 *
 * @throws EngineError `SecretMissing`, `SecretAccessDenied`, `SecretStoreUnreachable`, `SecretIsBinary`
 * @see https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions/access
 */
export async function readGoogleSecret(
  secret: Extract<NamedSecret, { store: "google" }>,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<string> {
  const what = describeSecret(secret);
  const { id, version = "latest" } = secret;
  const timeout = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const token = googleAccessToken(environment, SECRET_MANAGER_SCOPE);
  try {
    const bytes = await openSecretManager(environment, token, { signal: either, attempts: ATTEMPTS }).readVersion(
      id,
      version,
    );
    return decode(bytes, what);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EngineError) throw error;
    const { message } = error as Error;
    throw explain(
      error instanceof SecretManagerRefusal ? error : new SecretManagerRefusal(message, undefined, message),
      what,
    );
  }
}

function explain(cause: SecretManagerRefusal, what: string): EngineError {
  const { status } = cause;
  const said = `Secret Manager says ${cause.said}`;
  if (status === undefined) {
    return new EngineError(
      "SecretStoreUnreachable",
      `${what} cannot be fetched: ${cause.said}. Check the credentials (gcloud auth application-default login) and the network`,
      { cause },
    );
  }
  // A version that is disabled or destroyed: FAILED_PRECONDITION.
  if (status === 404 || status === 400) {
    return new EngineError("SecretMissing", `${what} is not there, or has no such version. ${said}. Check its name`);
  }
  if (status === 401 || status === 403) {
    return new EngineError(
      "SecretAccessDenied",
      `${what} may not be read with these credentials. ${said}. They need the role Secret Manager Secret Accessor`,
    );
  }
  return new EngineError("SecretStoreUnreachable", `${what} cannot be fetched. ${said}. Try again`);
}

function decode(bytes: Buffer, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new EngineError("SecretIsBinary", `${what} holds bytes, not a text; store a text, such as base64`, { cause });
  }
}
