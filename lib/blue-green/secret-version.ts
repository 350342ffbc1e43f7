import { GoogleSecretReference } from "../core/google-secret-reference";
import type { SecretVersion } from "./google-blue-green-service-props";

/**
 * A secret as Cloud Run is told of it.
 *
 * @throws SternaError `SecretReferenceInvalid` for a key, or for a secret that a variable names
 */
export function secretVersion(secret: GoogleSecretReference | SecretVersion): SecretVersion {
  return secret instanceof GoogleSecretReference ? secret.secretKeyRef : secret;
}
