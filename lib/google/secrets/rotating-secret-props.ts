import type { CloudRunServiceIamMemberConfig } from "@cdktf/provider-google/lib/cloud-run-service-iam-member";
import type { CloudSchedulerJobConfig } from "@cdktf/provider-google/lib/cloud-scheduler-job";
import type { Cloudfunctions2FunctionConfig } from "@cdktf/provider-google/lib/cloudfunctions2-function";
import type { KmsCryptoKeyIamMemberConfig } from "@cdktf/provider-google/lib/kms-crypto-key-iam-member";
import type { MonitoringAlertPolicyConfig } from "@cdktf/provider-google/lib/monitoring-alert-policy";
import type { PubsubTopicConfig } from "@cdktf/provider-google/lib/pubsub-topic";
import type { PubsubTopicIamMemberConfig } from "@cdktf/provider-google/lib/pubsub-topic-iam-member";
import type { SecretManagerSecretConfig } from "@cdktf/provider-google/lib/secret-manager-secret";
import type { SecretManagerSecretIamMemberConfig } from "@cdktf/provider-google/lib/secret-manager-secret-iam-member";
import type { ServiceAccountConfig } from "@cdktf/provider-google/lib/service-account";
import type { StorageBucketConfig } from "@cdktf/provider-google/lib/storage-bucket";
import type { StorageBucketObjectConfig } from "@cdktf/provider-google/lib/storage-bucket-object";
import type { Duration } from "../../core/duration";
import type { Adoption, Transform } from "../../core/refactoring";
import type { RotatingSecretBaseProps } from "../../secrets/kept-secret";
import type { RotationStrategy } from "../../secrets/rotation-strategy";

/** The network that the rotation function can reach. */
export interface RotatorNetwork {
  /**
   * Name of a Serverless VPC Access connector in the function's region:
   * `projects/<project>/locations/<region>/connectors/<name>`.
   */
  readonly vpcConnector: string;

  /**
   * Which traffic uses the connector: requests to private addresses, or all.
   * @default "private-ranges-only"
   */
  readonly egress?: "private-ranges-only" | "all-traffic";
}

/** A location where Secret Manager stores a secret. */
export interface SecretReplica {
  /** Location, such as `europe-west3`. */
  readonly location: string;

  /**
   * Cloud KMS key in that location: `projects/P/locations/L/keyRings/R/cryptoKeys/K`.
   * @default - a Google-managed key
   */
  readonly kmsKeyName?: string;
}

/** Options of `RotatingSecret`. */
export interface RotatingSecretProps extends RotatingSecretBaseProps {
  /**
   * Name of the secret: 1 to 246 letters, digits, hyphens and underscores. The journal has the same name with
   * `-rotation`.
   */
  readonly secretName: string;

  /** Id of the project of all resources. */
  readonly project: string;

  /** Region of the rotation function, its bucket and its daily check: `europe-west3`. */
  readonly region: string;

  /** How it is rotated: `postgresAlternatingUsers`, `redisAcl` or `randomValue`. */
  readonly strategy: RotationStrategy;

  /**
   * How often it is rotated: 1 hour to 36,500 days. Less than a day causes a warning, since readers of `latest` may get
   * the previous value for hours.
   * @default Duration.days(30)
   */
  readonly rotationPeriod?: Duration;

  /**
   * Cloud KMS key in the location `global`: `projects/P/locations/global/keyRings/R/cryptoKeys/K`.
   * @default - a Google-managed key
   */
  readonly kmsKeyName?: string;

  /**
   * Where Secret Manager stores the secret. Each location can have its own key.
   * @default - Google chooses the locations (automatic replication)
   */
  readonly replicas?: readonly SecretReplica[];

  /**
   * The network that the rotation function can reach.
   * @default - none: the function reaches public addresses only
   */
  readonly network?: RotatorNetwork;

  /**
   * Names of Cloud Monitoring notification channels that are notified about a failed or overdue rotation:
   * `projects/app/notificationChannels/123`.
   * @default - the alert exists, but notifies no channel
   */
  readonly notificationChannels?: readonly string[];

  /**
   * How long a replaced version can be restored: 1 to 1000 days.
   * @default Duration.days(7)
   */
  readonly versionDestroyDelay?: Duration;

  /**
   * Name of the bucket for the code of the rotation function.
   * @default - a new bucket
   */
  readonly sourceBucketName?: string;

  /**
   * Service account that builds the rotation function: `projects/<project>/serviceAccounts/<e-mail>`.
   * @default - the project's default service account of Cloud Build
   */
  readonly buildServiceAccount?: string;

  /**
   * An existing secret to adopt, with its value: `{ id: "projects/<project>/secrets/<name>" }`.
   * @default - a new secret is created
   */
  readonly adopt?: Adoption;

  /**
   * Labels of the secret.
   * @default - the labels of the provider only
   */
  readonly labels?: Readonly<Record<string, string>>;

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
  readonly secret?: Transform<SecretManagerSecretConfig>;
  /** @default - unchanged */
  readonly journal?: Transform<SecretManagerSecretConfig>;
  /** @default - unchanged */
  readonly topic?: Transform<PubsubTopicConfig>;
  /** @default - unchanged */
  readonly function?: Transform<Cloudfunctions2FunctionConfig>;
  /** Both the account that the function runs as and the one that calls it. @default - unchanged */
  readonly serviceAccount?: Transform<ServiceAccountConfig>;
  /** @default - unchanged */
  readonly bucket?: Transform<StorageBucketConfig>;
  /** @default - unchanged */
  readonly source?: Transform<StorageBucketObjectConfig>;
  /** @default - unchanged */
  readonly alert?: Transform<MonitoringAlertPolicyConfig>;
  /** @default - unchanged */
  readonly overdueCheck?: Transform<CloudSchedulerJobConfig>;
  /** The permission of Secret Manager to publish to the topic. @default - unchanged */
  readonly publisher?: Transform<PubsubTopicIamMemberConfig>;
  /** Every grant of a key to Secret Manager. @default - unchanged */
  readonly keyAccess?: Transform<KmsCryptoKeyIamMemberConfig>;
  /** Every grant of a secret to the function. @default - unchanged */
  readonly secretAccess?: Transform<SecretManagerSecretIamMemberConfig>;
  /** The permission of the trigger to call the function. @default - unchanged */
  readonly invoker?: Transform<CloudRunServiceIamMemberConfig>;
}
