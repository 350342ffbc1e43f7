import { SecretManagerClient } from "./secret-manager-client";

/** As Terraform's google provider calls it, which takes an access token from its environment as well. */
const ENDPOINT_VARIABLE = "GOOGLE_SECRET_MANAGER_CUSTOM_ENDPOINT";
const TOKEN_VARIABLE = "GOOGLE_OAUTH_ACCESS_TOKEN";

/** What an access token for Secret Manager has to be good for. */
export const SECRET_MANAGER_SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/**
 * Secret Manager, where an environment says that it is.
 *
 * @param accessToken asked unless the environment has a token
 */
export function openSecretManager(
  variables: NodeJS.ProcessEnv,
  accessToken: () => Promise<string>,
): SecretManagerClient {
  const { [ENDPOINT_VARIABLE]: endpoint, [TOKEN_VARIABLE]: token } = variables;
  return new SecretManagerClient({
    endpoint: endpoint || undefined,
    accessToken: token ? async () => token : accessToken,
  });
}
