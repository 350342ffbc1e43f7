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
  /** Subnets that can reach the server, and Secrets Manager through a NAT gateway or an interface endpoint. */
  readonly subnetIds: readonly string[];

  /** Security groups that the server allows. */
  readonly securityGroupIds: readonly string[];
}

/** A copy of the secret in another region. */
export interface SecretReplica {
  readonly region: string;

  /**
   * ARN of a KMS key in that region.
   * @default - the key of Secrets Manager there (`aws/secretsmanager`)
   */
  readonly kmsKeyArn?: string;
}

/** Options of `RotatingSecret`. */
export interface RotatingSecretProps extends RotatingSecretBaseProps {
  /**
   * Name of the secret: 1 to 512 letters, digits and `/_+=.@-`. A name that ends in a hyphen and six characters causes
   * a warning: AWS advises against it, since it looks like the end of an ARN. A plan that changes it later is refused,
   * since it would replace the secret.
   */
  readonly secretName: string;

  /** How it is rotated. */
  readonly strategy: RotationStrategy;

  /**
   * When it is rotated: in UTC, on the hour, at most every 4 hours.
   * @default Schedule.aws("rate(30 days)")
   */
  readonly schedule?: Schedule;

  /**
   * How long after the scheduled time a rotation may begin: 1 to 24 whole hours, within the same UTC day.
   * @default - 3 hours, or the rest of the day if shorter
   */
  readonly window?: Duration;

  /**
   * Whether a change of `schedule`, `window` or the function also rotates the secret during the apply.
   * @default false: the next window rotates it; only the first apply rotates at once
   */
  readonly rotateOnChange?: boolean;

  /**
   * ARN of the KMS key that encrypts it.
   * @default - a new key, which AWS rotates every year
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
   * Policy document of the secret, in JSON, for readers in other accounts. AWS refuses a policy that allows public
   * access.
   * @default - only IAM identities of the account have access
   */
  readonly resourcePolicy?: string;

  /**
   * ARNs of SNS topics that are notified about a failed or overdue rotation. CloudWatch must be allowed to publish to
   * them, as with an `AlarmTopic`.
   * @default - the alarm exists, but notifies no topic
   */
  readonly alarmTopicArns?: readonly string[];

  /**
   * How long a deleted secret can be restored: 7 to 30 days, or zero.
   * @default Duration.days(30)
   */
  readonly recoveryWindow?: Duration;

  /**
   * An existing secret to adopt, with its value: `{ id: "<its ARN>" }`.
   * @default - a new secret is created
   */
  readonly adopt?: Adoption;

  /**
   * Tags of the secret.
   * @default - the tags of the provider only
   */
  readonly tags?: Readonly<Record<string, string>>;

  /**
   * Changes the configuration of the resources inside. The result is not validated. A transform for a resource that the
   * other options leave out is refused.
   * @default - nothing is changed
   */
  readonly transform?: RotatingSecretTransform;
}

/** One hook for each resource of `RotatingSecret`, except the first version, which keeps the value out of Terraform. */
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
  /** The permission of the rule for overdue rotations to call the function. @default - unchanged */
  readonly overduePermission?: Transform<LambdaPermissionConfig>;
}
