import type { Duration } from "../core/duration";
import type { Schedule } from "../core/schedule/schedule";
import type { RotationStrategy } from "./rotation-strategy";

/** The network in which the rotation function runs. */
export interface RotatorNetwork {
  /** Subnets that reach the server, and Secrets Manager through a NAT gateway or an interface endpoint. */
  readonly subnetIds: readonly string[];

  /** Security groups that the server lets in. */
  readonly securityGroupIds: readonly string[];
}

/** A copy of the secret in another region. */
export interface SecretReplica {
  readonly region: string;

  /**
   * ARN of a KMS key of that region.
   * @default - the key that Secrets Manager has there (`aws/secretsmanager`)
   */
  readonly kmsKeyArn?: string;
}

/** Options of `RotatingSecret`. */
export interface RotatingSecretProps {
  /** Name of the secret: 1 to 512 letters, digits and `/_+=.@-`. */
  readonly secretName: string;

  /** How it is rotated. */
  readonly strategy: RotationStrategy;

  /**
   * When it is rotated, in UTC, at most every 4 hours.
   * @default Schedule.aws("rate(30 days)")
   */
  readonly schedule?: Schedule;

  /**
   * How long after its time a rotation may begin: 1 to 24 whole hours.
   * @default Duration.hours(3)
   */
  readonly window?: Duration;

  /**
   * The first value, where it comes from elsewhere: a reference to an ephemeral or sensitive variable, never the value.
   * It is written once and stands neither in the plan nor in the state. Needs Terraform 1.11.
   * @default - the first rotation makes it, right after the secret
   */
  readonly initialValue?: string;

  /**
   * ARN of the KMS key that encrypts it.
   * @default - a key of its own, which AWS rotates every year
   */
  readonly kmsKeyArn?: string;

  /**
   * The network of the rotation function.
   * @default - none: the function reaches public addresses only
   */
  readonly network?: RotatorNetwork;

  /**
   * Copies in other regions.
   * @default - none
   */
  readonly replicas?: readonly SecretReplica[];

  /**
   * Policy document of the secret, in JSON, for readers in other accounts. A policy that opens it to everybody is
   * refused by AWS.
   * @default - the identities of the account that IAM lets in
   */
  readonly resourcePolicy?: string;

  /**
   * ARNs of SNS topics that hear of a rotation that failed or is overdue.
   * @default - the alarm is there, and tells nobody
   */
  readonly alarmTopicArns?: readonly string[];

  /**
   * For how long a deleted secret can be restored: 7 to 30 days, or none at all.
   * @default Duration.days(30)
   */
  readonly recoveryWindow?: Duration;

  /**
   * Why Terraform may destroy the secret. Without it every plan that would do so fails (`prevent_destroy`).
   * @default - the secret cannot be destroyed
   */
  readonly allowDestroy?: string;

  /**
   * ARN of a secret that exists and is taken over, with its value.
   * @default - a new secret is made
   */
  readonly adopt?: string;

  /**
   * Former paths of this construct inside its stack: what Terraform made for it there is kept.
   * @default - it was always here
   */
  readonly previously?: readonly string[];

  /**
   * Tags of the secret.
   * @default - the tags of the provider only
   */
  readonly tags?: Readonly<Record<string, string>>;
}
