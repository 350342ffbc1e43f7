import { SternaError } from "../core/errors";

/** What an access token for Cloud Storage has to be good for. */
const SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";

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
    if (!token) throw new SternaError("LedgerUnreachable", "Google gave no access token for these credentials");
    return token;
  };
}
