import type { CloudwatchEventRuleConfig } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import type { CloudwatchLogGroupConfig } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import type { CloudwatchMetricAlarmConfig } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import type { IamRoleConfig } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicyConfig } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { KmsKeyConfig } from "@cdktf/provider-aws/lib/kms-key";
import type { LambdaFunctionConfig } from "@cdktf/provider-aws/lib/lambda-function";
import type { LambdaPermissionConfig } from "@cdktf/provider-aws/lib/lambda-permission";
import type { SecretsmanagerSecretConfig } from "@cdktf/provider-aws/lib/secretsmanager-secret";
import type { SecretsmanagerSecretPolicyConfig } from "@cdktf/provider-aws/lib/secretsmanager-secret-policy";
import type { SecretsmanagerSecretRotationConfig } from "@cdktf/provider-aws/lib/secretsmanager-secret-rotation";
import type { Duration } from "../../core/duration";
import type { Schedule } from "../../schedule/schedule";
import type { Adoption, Transform } from "../../core/refactoring";
import type { RotatingSecretBaseProps } from "../../secrets/kept-secret";
import type { RotationStrategy } from "../../secrets/rotation-strategy";

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
export interface RotatingSecretProps extends RotatingSecretBaseProps {
  /**
   * Name of the secret: 1 to 512 letters, digits and `/_+=.@-`. AWS advises against a hyphen and six characters at the
   * end, which look like the end of an ARN; a warning says so.
   */
  readonly secretName: string;

  /** How it is rotated. */
  readonly strategy: RotationStrategy;

  /**
   * When it is rotated, in UTC, on the hour, at most every 4 hours.
   * @default Schedule.aws("rate(30 days)")
   */
  readonly schedule?: Schedule;

  /**
   * How long after its time a rotation may begin: 1 to 24 whole hours, which do not reach into the next day of UTC.
   * @default - 3 hours, or what is left of the day
   */
  readonly window?: Duration;

  /**
   * Whether a change of `schedule`, `window` or the function also rotates the secret during the apply.
   * @default false: the next window rotates it; only the first apply rotates at once
   */
  readonly rotateOnChange?: boolean;

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
   * ARNs of SNS topics that are notified about a rotation that failed or is overdue. CloudWatch must be allowed to publish
   * to them, as it is to an `AlarmTopic`.
   * @default - the alarm exists and notifies no topic
   */
  readonly alarmTopicArns?: readonly string[];

  /**
   * For how long a deleted secret can be restored: 7 to 30 days, or none at all.
   * @default Duration.days(30)
   */
  readonly recoveryWindow?: Duration;

  /**
   * A secret that exists and is taken over, with its value: `{ id: "<its ARN>" }`.
   * @default - a new secret is made
   */
  readonly adopt?: Adoption;

  /**
   * Tags of the secret.
   * @default - the tags of the provider only
   */
  readonly tags?: Readonly<Record<string, string>>;

  /**
   * Changes what is passed to the resources inside. What a transform changes is not validated; one for a resource that
   * the other options leave out is refused.
   * @default - nothing is changed
   */
  readonly transform?: RotatingSecretTransform;
}

/** One hook for each resource of `RotatingSecret`, except the first version, which keeps Terraform away from the value. */
export interface RotatingSecretTransform {
  /** @default - unchanged */
  readonly key?: Transform<KmsKeyConfig>;
  /** @default - unchanged */
  readonly secret?: Transform<SecretsmanagerSecretConfig>;
  /** @default - unchanged */
  readonly resourcePolicy?: Transform<SecretsmanagerSecretPolicyConfig>;
  /** @default - unchanged */
  readonly rotation?: Transform<SecretsmanagerSecretRotationConfig>;
  /** @default - unchanged */
  readonly function?: Transform<LambdaFunctionConfig>;
  /** @default - unchanged */
  readonly functionPermission?: Transform<LambdaPermissionConfig>;
  /** @default - unchanged */
  readonly role?: Transform<IamRoleConfig>;
  /** @default - unchanged */
  readonly rolePolicy?: Transform<IamRolePolicyConfig>;
  /** @default - unchanged */
  readonly log?: Transform<CloudwatchLogGroupConfig>;
  /** @default - unchanged */
  readonly alarm?: Transform<CloudwatchMetricAlarmConfig>;
  /** @default - unchanged */
  readonly overdueRule?: Transform<CloudwatchEventRuleConfig>;
  /** What lets the rule for overdue rotations call the function. @default - unchanged */
  readonly overduePermission?: Transform<LambdaPermissionConfig>;
}
