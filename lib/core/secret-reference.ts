import { AwsSecretReference, type AwsSecretOptions } from "./aws-secret-reference";
import { GoogleSecretReference, type GoogleSecretOptions } from "./google-secret-reference";
import type { EnvironmentVariableReference, VariableReference } from "./references";
import { SternaError } from "./sterna-error";

/** What stands for a secret wherever one is wanted. */
export type SecretReference = EnvironmentVariableReference | AwsSecretReference | GoogleSecretReference;

/** Refers to a secret. The value never gets into the synthesized JSON, the plan, the state, the ledger or a log. */
export const SecretReference = {
  /**
   * The value of a variable of the process environment, where Terraform runs.
   *
   * @param name such as `APP_EF_DATABASE_URL`
   * @throws SternaError `InvalidIdentifier` when no environment variable can be called so (POSIX.1-2017, section 8.1)
   */
  environment(name: string): EnvironmentVariableReference {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new SternaError(
        "InvalidIdentifier",
        `"${name}" cannot name an environment variable: use letters, digits and underscores, not beginning with a digit`,
      );
    }
    return { env: name };
  },

  /**
   * A value of AWS Secrets Manager: `SecretReference.aws(variable("DATABASE_SECRET"), { key: "url" })`.
   *
   * Region and credentials are those where it is used; an ARN names its own region.
   *
   * @param secret name or ARN; a variable where environments have different ones
   * @throws SternaError `SecretReferenceInvalid`
   */
  aws(secret: string | VariableReference, options: AwsSecretOptions = {}): AwsSecretReference {
    return new AwsSecretReference(secret, options);
  },

  /**
   * A value of Google Secret Manager: `SecretReference.google("projects/shop/secrets/database", { key: "url" })`.
   *
   * Credentials are Application Default Credentials where it is used.
   *
   * @param secret `projects/<project>/secrets/<name>`; a variable where environments have different ones
   * @throws SternaError `SecretReferenceInvalid`
   */
  google(secret: string | VariableReference, options: GoogleSecretOptions = {}): GoogleSecretReference {
    return new GoogleSecretReference(secret, options);
  },
} as const;
