import type { AwsSecretReference } from "../core/aws-secret-reference";

/** A secret as Amazon ECS is told of it. */
export interface ContainerSecret {
  /** `arn:…:key:stage:`. */
  readonly valueFrom: string;

  /** ARN of the secret that is read. */
  readonly secretArn: string;

  /** ARN of the key that encrypts it, if it has one of its own. */
  readonly kmsKeyArn?: string | undefined;
}

/** @throws SternaError `SecretReferenceInvalid` for a secret that is not named by its ARN */
export function containerSecret(secret: AwsSecretReference | string): ContainerSecret {
  if (typeof secret === "string") return { valueFrom: secret, secretArn: withoutKey(secret) };
  const { ecsValueFrom: valueFrom, kmsKeyArn } = secret;
  return { valueFrom, secretArn: secret.secret.id as string, kmsKeyArn };
}

/** `arn:aws:secretsmanager:region:account:secret:name:key:stage:version` names one value of the secret before it. */
function withoutKey(reference: string): string {
  return reference.startsWith("arn:") ? reference.split(":").slice(0, 7).join(":") : reference;
}
