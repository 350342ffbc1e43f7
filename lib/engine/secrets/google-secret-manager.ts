import { z } from "zod";
import { fetchWithRetries } from "../../core/fetch-with-retries";
import { EngineError } from "../engine-error";
import { googleAccessToken } from "../objects/gcs-store";
import { describeSecret, type NamedSecret } from "./stored-secret";

const ENDPOINT = "https://secretmanager.googleapis.com/v1/";
/** As Terraform's google provider calls it. */
const ENDPOINT_VARIABLE = "GOOGLE_SECRET_MANAGER_CUSTOM_ENDPOINT";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const TIMEOUT_MILLISECONDS = 30_000;
/** As many as AWS's SDK makes. */
const ATTEMPTS = 3;

const answer = z.object({ payload: z.object({ data: z.base64() }) });
const refusal = z.object({ error: z.object({ status: z.string(), message: z.string() }) });

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
  let status: number;
  let body: unknown;
  try {
    const address = `${secretManagerEndpoint(id, environment)}${id}/versions/${version}:access`;
    const headers = { authorization: `Bearer ${await accessToken(environment)}` };
    // A step is not worth failing for one answer that did not come.
    const response = await fetchWithRetries(() => fetch(address, { headers, signal: either, redirect: "error" }), {
      attempts: ATTEMPTS,
      signal: either,
    });
    status = response.status;
    body = await response.json().catch(() => undefined);
  } catch (cause) {
    signal?.throwIfAborted();
    const { message, cause: reason } = cause as Error;
    throw new EngineError(
      "SecretStoreUnreachable",
      `${what} cannot be fetched: ${reason instanceof Error ? reason.message : message}. Check the credentials (gcloud auth application-default login) and the network`,
      { cause },
    );
  }
  const { data, error } = answer.safeParse(body);
  if (status !== 200 || error) throw explain(status, body, what);
  return decode(data.payload.data, what);
}

/**
 * Where a secret is asked for: one of a location is known there only.
 *
 * @see https://cloud.google.com/secret-manager/docs/samples/secretmanager-access-regional-secret-version
 */
export function secretManagerEndpoint(id: string, environment: NodeJS.ProcessEnv): string {
  const [, location] = /^projects\/[^/]+\/locations\/([a-z0-9-]+)\//.exec(id) ?? [];
  const endpoint = location === undefined ? ENDPOINT : ENDPOINT.replace(".googleapis", `.${location}.rep.googleapis`);
  return (environment[ENDPOINT_VARIABLE] || endpoint).replace(/\/*$/, "/");
}

/** Terraform's google provider takes a token from there as well. */
async function accessToken(environment: NodeJS.ProcessEnv): Promise<string> {
  return environment["GOOGLE_OAUTH_ACCESS_TOKEN"] || googleAccessToken(environment, SCOPE)();
}

function explain(status: number, body: unknown, what: string): EngineError {
  const { error } = refusal.safeParse(body).data ?? {};
  const said = `Secret Manager says ${status}${error === undefined ? "" : ` ${error.status}: ${error.message}`}`;
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

function decode(data: string, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(data, "base64"));
  } catch (cause) {
    throw new EngineError("SecretIsBinary", `${what} holds bytes, not a text; store a text, such as base64`, { cause });
  }
}
