import type { AwsSecretReference } from "../core/aws-secret-reference";
import { isUnresolved } from "../core/tokens";

/** A secret as Amazon ECS is told of it. */
export interface ContainerSecret {
  /** `arn:…:key:stage:`. */
  readonly valueFrom: string;

  /** ARN of the secret that is read, as a policy takes it. */
  readonly secretArn: string;

  /** ARN of the key that encrypts it, if it has one of its own. */
  readonly kmsKeyArn?: string | undefined;
}

/** @throws SternaError `SecretReferenceInvalid` for a secret that is not named by its ARN */
export function containerSecret(secret: AwsSecretReference | string): ContainerSecret {
  if (typeof secret === "string") return { valueFrom: secret, secretArn: withSuffix(withoutKey(secret)) };
  const { ecsValueFrom: valueFrom, kmsKeyArn } = secret;
  return { valueFrom, secretArn: withSuffix(secret.secret.id as string), kmsKeyArn };
}

/**
 * `arn:aws:secretsmanager:region:account:secret:name:key:stage:version` names one value of the secret before it, also
 * where Terraform alone knows that ARN: `${…}:key::`.
 */
function withoutKey(reference: string): string {
  return reference.startsWith("arn:")
    ? reference.split(":").slice(0, 7).join(":")
    : reference.replace(/(?<=\})(:[^:{}]*){1,3}$/, "");
}

/**
 * Secrets Manager finds a secret by an ARN without the six characters at its end as well, and IAM does not.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html (-??????)
 */
function withSuffix(arn: string): string {
  return /^arn:[^:]+:secretsmanager:/.test(arn) && !isUnresolved(arn) && !/-\w{6}$/.test(arn) ? `${arn}-??????` : arn;
}
