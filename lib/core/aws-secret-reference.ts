import { formatDynamicReference, isDynamicReferencePart } from "./dynamic-reference";
import type { VariableReference } from "./references";
import { SternaError } from "./sterna-error";
import { isUnresolved } from "./tokens";

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

/** Where a value of AWS Secrets Manager is: never the value itself. */
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

  /** Private, since a program holds all that is public here. */
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
   * What `secrets[].valueFrom` of a container definition of Amazon ECS takes: `arn:…:key:stage:`.
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
   * The reference as a text, for what takes CloudFormation's dynamic references, and for `.env` files.
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
