import { SternaError } from "./errors";
import { formatDynamicReference, isDynamicReferencePart } from "./secrets-in-text";
import { isUnresolved } from "./tokens";

/** A value of `Environment.variables`, resolved where the step runs. */
export interface VariableReference {
  readonly variable: string;
}

/** A variable of the process environment, resolved where the step runs and never stored. */
export interface EnvironmentVariableReference {
  readonly env: string;
}

/**
 * A reference to a value that differs between environments: `variable("BUCKET")`.
 *
 * The program names the variable instead of holding its value, so that staging and production run the same program,
 * with the same checksum.
 *
 * @param name name of the variable in `environments.json`
 */
export function variable(name: string): VariableReference {
  return { variable: name };
}

/** Any reference to a secret. */
export type SecretReference = EnvironmentVariableReference | AwsSecretReference | GoogleSecretReference;

/**
 * A string that a step uses: a literal, or a reference that is resolved where the step runs.
 *
 * Use references for secrets and for values that differ between environments. Then the same program, with the same
 * checksum, can be proved in staging and applied to production.
 */
export type TextInput = string | VariableReference | SecretReference;

/** A reference to a secret. The value never enters the synthesized JSON, the plan, the state, the ledger, or a log. */
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
   * Uses the region and the credentials of the place of use. An ARN has its own region.
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
   * Uses the Application Default Credentials of the place of use.
   *
   * @param secret `projects/<project>/secrets/<name>`; a variable where environments have different ones
   * @throws SternaError `SecretReferenceInvalid`
   */
  google(secret: string | VariableReference, options: GoogleSecretOptions = {}): GoogleSecretReference {
    return new GoogleSecretReference(secret, options);
  },
} as const;

/** Options of `SecretReference.aws`. */
export interface AwsSecretOptions {
  /**
   * Key of the secret's JSON object.
   * @default - the whole value
   */
  readonly key?: string;

  /**
   * Staging label of the version.
   * @default "AWSCURRENT"
   */
  readonly versionStage?: string;

  /**
   * ARN of the key that encrypts the secret: a service that reads it is allowed to use the key.
   * @default - AWS's own key of Secrets Manager, which needs no permission
   */
  readonly kmsKeyArn?: string;
}

/** Location of a value in AWS Secrets Manager, never the value itself. */
export interface AwsSecretAddress {
  readonly store: "aws";
  /** Name or ARN. */
  readonly id: string | VariableReference;
  readonly key?: string | undefined;
  readonly versionStage?: string | undefined;
}

/**
 * A value of AWS Secrets Manager, fetched where it is used: by the engine when a step runs, by Amazon ECS when a container
 * starts.
 */
export class AwsSecretReference {
  readonly secret: AwsSecretAddress;

  /** Private, since programs serialize all public properties. */
  readonly #kmsKeyArn: string | undefined;

  /**
   * @param id name or ARN of the secret
   * @throws SternaError `SecretReferenceInvalid`
   */
  constructor(id: string | VariableReference, { key, versionStage, kmsKeyArn }: AwsSecretOptions = {}) {
    for (const [what, text] of Object.entries({ id, key, versionStage })) {
      if (typeof text !== "string" || isUnresolved(text)) continue;
      if (what === "id" ? AWS_ID.test(text) : isDynamicReferencePart(text)) continue;
      throw new SternaError(
        "SecretReferenceInvalid",
        what === "id"
          ? `"${text}" names no secret of AWS Secrets Manager; write its name, such as "r3mes/production/database", or its ARN`
          : `"${text}" is no ${what} of a secret; it is not empty, and has no colon and no brace`,
      );
    }
    this.secret = { store: "aws", id, ...(key !== undefined && { key }), ...(versionStage && { versionStage }) };
    this.#kmsKeyArn = kmsKeyArn;
  }

  /** ARN of the key that encrypts the secret, if it has one of its own. */
  get kmsKeyArn(): string | undefined {
    return this.#kmsKeyArn;
  }

  /**
   * The value for `secrets[].valueFrom` of an Amazon ECS container definition: `arn:…:key:stage:`.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
   * @throws SternaError `SecretReferenceInvalid` for a secret that is not named by its ARN: ECS takes a name for a parameter
   */
  get ecsValueFrom(): string {
    const { id, key = "", versionStage = "" } = this.secret;
    if (typeof id === "string" && (isUnresolved(id) || id.startsWith("arn:"))) {
      return key === "" && versionStage === "" ? id : `${id}:${key}:${versionStage}:`;
    }
    throw new SternaError(
      "SecretReferenceInvalid",
      `Amazon ECS finds a secret by its ARN, got ${typeof id === "string" ? `the name "${id}"` : `the variable "${id.variable}"`}; ` +
        'write SecretReference.aws("arn:aws:secretsmanager:…", { key }), or secret.reference(key) of a RotatingSecret',
    );
  }

  /**
   * The reference as a CloudFormation dynamic reference, for `.env` files and other text.
   *
   * @throws SternaError `SecretReferenceInvalid` for a secret that a variable names
   */
  get dynamicReference(): string {
    const { id, key, versionStage } = this.secret;
    if (typeof id === "string") return formatDynamicReference({ id, key, versionStage });
    throw new SternaError(
      "SecretReferenceInvalid",
      `a text cannot refer to the secret that the variable "${id.variable}" names; write its name or ARN`,
    );
  }
}

/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (Name) */
const AWS_ID = /^(arn:aws[\w-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:)?[\w/+=.@-]{1,512}$/;

/** Options of `SecretReference.google`. */
export interface GoogleSecretOptions {
  /**
   * Key of the secret's JSON object.
   * @default - the whole value
   */
  readonly key?: string;

  /**
   * Number or alias of the version.
   * @default "latest"
   */
  readonly version?: string;
}

/** Location of a value in Google Secret Manager, never the value itself. */
export interface GoogleSecretAddress {
  readonly store: "google";
  /** `projects/<project>/secrets/<name>`. */
  readonly id: string | VariableReference;
  readonly key?: string | undefined;
  readonly version?: string | undefined;
}

/**
 * A value of Google Secret Manager, fetched where it is used: by the engine when a step runs, by Cloud Run when an
 * instance starts.
 */
export class GoogleSecretReference {
  readonly secret: GoogleSecretAddress;

  /**
   * @param id `projects/<project>/secrets/<name>`, as the `id` of a `google_secret_manager_secret` is
   * @throws SternaError `SecretReferenceInvalid`
   */
  constructor(id: string | VariableReference, { key, version }: GoogleSecretOptions = {}) {
    if (typeof id === "string" && !isUnresolved(id) && !GOOGLE_ID.test(id)) {
      throw new SternaError(
        "SecretReferenceInvalid",
        `"${id}" names no secret of Google Secret Manager; write "projects/<project>/secrets/<name>"`,
      );
    }
    if (key === "" || (version !== undefined && !isUnresolved(version) && !GOOGLE_VERSION.test(version))) {
      throw new SternaError(
        "SecretReferenceInvalid",
        key === ""
          ? `the key of the secret is empty; write one, or leave it out for the whole value`
          : `"${version}" is no version of a secret; write its number, its alias or "latest"`,
      );
    }
    this.secret = { store: "google", id, ...(key !== undefined && { key }), ...(version && { version }) };
  }

  /**
   * The value for `value_source.secret_key_ref` of a Cloud Run service.
   *
   * @throws SternaError `SecretReferenceInvalid` for a key: Cloud Run gives a container the whole value
   */
  get secretKeyRef(): { readonly secret: string; readonly version: string } {
    const { id, key, version = "latest" } = this.secret;
    if (typeof id === "string" && key === undefined) return { secret: id, version };
    throw new SternaError(
      "SecretReferenceInvalid",
      key === undefined
        ? `Cloud Run is told the name of a secret, got the variable; write "projects/<project>/secrets/<name>"`
        : `Cloud Run gives a container the whole value of a secret, got the key "${key}"; keep this value in a secret of its own, or let the application read the key`,
    );
  }
}

/** @see https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets (name, secretId) */
const GOOGLE_ID = /^projects\/[a-z0-9][a-z0-9.:-]*\/(locations\/[a-z0-9-]+\/)?secrets\/[\w-]{1,255}$/;
const GOOGLE_VERSION = /^(latest|[1-9]\d*|[A-Za-z][\w-]{0,62})$/;
