import { EngineError } from "../engine-error";
import { GcsStore } from "./gcs-store";

const SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";

/** Where Cloud Storage is, and what requests to it carry. */
export interface GoogleStorageAccess {
  /** @default "https://storage.googleapis.com" */
  readonly endpoint?: string;

  /** @default - requests without authorization */
  readonly accessToken?: () => Promise<string>;
}

/**
 * The credentials of an environment, or the emulator that `STORAGE_EMULATOR_HOST` names, as Google's own libraries do it.
 */
export function googleStorageAccess(variables: NodeJS.ProcessEnv = process.env): GoogleStorageAccess {
  const emulator = variables["STORAGE_EMULATOR_HOST"];
  if (!emulator) return { accessToken: googleAccessToken(variables) };
  const endpoint = /^https?:\/\//.test(emulator) ? emulator : `http://${emulator}`;
  return { endpoint: endpoint.replace(/\/+$/, "") };
}

/** A bucket of Google Cloud Storage with the credentials of an environment. */
export function openGcsStore(bucket: string, variables: NodeJS.ProcessEnv = process.env): GcsStore {
  return new GcsStore({ bucket, ...googleStorageAccess(variables) });
}

/**
 * Access tokens from Application Default Credentials: a key file, workload identity federation, `gcloud auth
 * application-default login`, or the metadata server. Google's library is loaded with the first token, and renews them.
 *
 * @param scope what the tokens are good for
 */
export function googleAccessToken(
  variables: NodeJS.ProcessEnv = process.env,
  scope: string = SCOPE,
): () => Promise<string> {
  const keyFile = variables["GOOGLE_APPLICATION_CREDENTIALS"];
  let auth: Promise<{ getAccessToken(): Promise<string | null | undefined> }> | undefined;
  return async () => {
    // A project is not needed to read and write objects; without one given here, the library asks a further service for it.
    auth ??= import("google-auth-library").then(
      ({ GoogleAuth }) => new GoogleAuth({ scopes: scope, projectId: "unused", ...(keyFile && { keyFile }) }),
    );
    const token = await (await auth).getAccessToken();
    if (!token) throw new EngineError("LedgerUnreachable", "Google gave no access token for these credentials");
    return token;
  };
}
