import { CloudSchedulerJob } from "@cdktf/provider-google/lib/cloud-scheduler-job";
import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project";
import { KmsCryptoKeyIamMember } from "@cdktf/provider-google/lib/kms-crypto-key-iam-member";
import { MonitoringAlertPolicy } from "@cdktf/provider-google/lib/monitoring-alert-policy";
import { PubsubTopic } from "@cdktf/provider-google/lib/pubsub-topic";
import { PubsubTopicIamMember } from "@cdktf/provider-google/lib/pubsub-topic-iam-member";
import {
  SecretManagerSecret,
  type SecretManagerSecretReplication,
} from "@cdktf/provider-google/lib/secret-manager-secret";
import { SecretManagerSecretIamMember } from "@cdktf/provider-google/lib/secret-manager-secret-iam-member";
import { SecretManagerSecretVersion } from "@cdktf/provider-google/lib/secret-manager-secret-version";
import { Fn, type ITerraformDependable, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { isAcknowledged } from "../../core/acknowledge";
import { checkProps } from "../../core/check-props";
import { Duration } from "../../core/duration";
import { collect, ValidationError } from "../../core/errors";
import { adoptResource, keepMovedResources, applyTransform } from "../../core/refactoring";
import { GoogleSecretReference } from "../../core/references";
import { requireTerraformVersion } from "../../environments/require-terraform";
import { writtenKeys } from "../../rotator/credentials";
import { OVERDUE_CHECK } from "../../rotator/google/rotation-message";
import { journalOf } from "../../rotator/google/secret-versions";
import type { RotationSettings } from "../../rotator/settings";
import type { RotatingSecretProps } from "./rotating-secret-props";
import { validateRotatingSecret } from "./rotating-secret-validation";
import { RotatorFunction, googleRotatorName } from "./rotator-function";

const WRITE_ONLY_TERRAFORM = "1.11.0";

/** Long enough for grants to take effect. Secret Manager requires at least 5 minutes. */
const FIRST_ROTATION = "15m";

/** Permissions of a rotation on its secret and its journal: to add, read and destroy versions. */
const ROTATOR_ROLES = {
  Accessor: "roles/secretmanager.secretAccessor",
  VersionManager: "roles/secretmanager.secretVersionManager",
} as const;

/**
 * A secret in Google Secret Manager whose value rotates on a schedule. No apply reverts the value.
 *
 * Terraform creates everything except the value, which the rotation function of this package sets. The secret holds
 * only promoted values, so services read its latest version. A second secret, the journal, records the progress of a
 * rotation.
 */
export class RotatingSecret extends Construct {
  readonly resource: SecretManagerSecret;

  /** The secret that records the progress of a rotation. Only the rotation function reads it. */
  readonly journal: SecretManagerSecret;

  /** Sterna's rotation function. */
  readonly rotator: RotatorFunction;

  private readonly keys: readonly string[];

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/secrets.md` */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: RotatingSecretProps,
  ) {
    super(scope, id);
    checkProps(this, "google/RotatingSecretProps", props);
    collect(this, () => validateRotatingSecret(props, this));
    const settings = props.strategy.settings as RotationSettings;
    this.keys = writtenKeys(settings);
    const { project, secretName, rotationPeriod = Duration.days(30) } = props;
    const rotationPeriodSeconds = rotationPeriod.toSeconds();
    const name = googleRotatorName(secretName);
    const topic = new PubsubTopic(this, "Topic", applyTransform({ project, name }, props.transform?.topic));
    const agent = this.secretManagerAgent();
    const grants = this.grantAgent(topic, agent);
    this.rotator = new RotatorFunction(this, "Rotator", {
      name,
      topic,
      settings,
      rotationPeriodSeconds,
      secret: props,
    });
    const kept = this.secretConfig(secretName, grants);
    const rotated = {
      ...kept,
      topics: [{ name: topic.id }],
      rotation: {
        rotationPeriod: `${rotationPeriodSeconds}s`,
        nextRotationTime: Fn.timeadd(Fn.timestamp(), FIRST_ROTATION),
      },
      // A message without a subscription is lost.
      dependsOn: [...grants, this.rotator.function],
      lifecycle: { ...kept.lifecycle, ignoreChanges: ["rotation[0].next_rotation_time"] },
    };
    const journal = this.secretConfig(journalOf(secretName), grants);
    this.resource = new SecretManagerSecret(this, "Resource", applyTransform(rotated, props.transform?.secret));
    this.journal = new SecretManagerSecret(this, "Journal", applyTransform(journal, props.transform?.journal));
    this.grantRotator();
    new RotationAlert(this, "Alert", { functionName: name, topic, secret: props });
    if (props.initialValue !== undefined) this.addFirstVersion(props.initialValue);
    if (props.adopt !== undefined) adoptResource(this.resource, props.adopt.id);
    keepMovedResources(this, props.previously ?? []);
  }

  /** `projects/<project>/secrets/<name>`. */
  get secretId(): string {
    return this.resource.id;
  }

  /**
   * Refers to one value in the secret's JSON object, for a step or a ledger. Cloud Run gives a container the whole
   * object.
   *
   * @param key one of the keys that the strategy writes: for PostgreSQL `url`, `host`, `port`, `dbname`, `username`,
   * `password`
   * @throws ValidationError `UnknownSecretKey`
   */
  reference(key: string): GoogleSecretReference {
    if (this.keys.includes(key)) return new GoogleSecretReference(this.secretId, { key });
    throw new ValidationError(
      "UnknownSecretKey",
      `the rotation never writes "${key}", so a reader would find no value. It writes ${this.keys.join(", ")}`,
      this,
    );
  }

  /** @see https://cloud.google.com/secret-manager/docs/event-notifications (service agent) */
  private secretManagerAgent(): string {
    const { number } = new DataGoogleProject(this, "Project", { projectId: this.props.project });
    return `serviceAccount:service-${number}@gcp-sa-secretmanager.iam.gserviceaccount.com`;
  }

  /** Permissions that Secret Manager itself needs before it accepts a secret with a topic or a key. */
  private grantAgent(topic: PubsubTopic, member: string): ITerraformDependable[] {
    const { project, kmsKeyName, replicas = [], transform } = this.props;
    const grant = { project, topic: topic.name, role: "roles/pubsub.publisher", member };
    const publisher = new PubsubTopicIamMember(this, "Publisher", applyTransform(grant, transform?.publisher));
    const keys = [{ id: "Key", kmsKeyName }].concat(
      replicas.map(({ location, kmsKeyName }) => ({ id: `Key-${location}`, kmsKeyName })),
    );
    const encrypters = keys.flatMap(({ id, kmsKeyName: cryptoKeyId }) => {
      if (cryptoKeyId === undefined) return [];
      const role = "roles/cloudkms.cryptoKeyEncrypterDecrypter";
      return [new KmsCryptoKeyIamMember(this, id, applyTransform({ cryptoKeyId, role, member }, transform?.keyAccess))];
    });
    return [publisher, ...encrypters];
  }

  private secretConfig(secretId: string, dependsOn: ITerraformDependable[]) {
    const { project, labels, acknowledge, versionDestroyDelay = Duration.days(7) } = this.props;
    const kept = !isAcknowledged(acknowledge, "DestroyWithoutReason");
    return {
      project,
      secretId,
      labels,
      replication: this.replication(),
      versionDestroyTtl: `${versionDestroyDelay.toSeconds()}s`,
      deletionProtection: kept,
      dependsOn,
      lifecycle: { preventDestroy: kept },
    };
  }

  private replication(): SecretManagerSecretReplication {
    const { kmsKeyName, replicas } = this.props;
    const encryptedBy = (key: string | undefined) => key && { customerManagedEncryption: { kmsKeyName: key } };
    if (replicas === undefined) return { auto: { ...encryptedBy(kmsKeyName) } };
    return {
      userManaged: {
        replicas: replicas.map(({ location, kmsKeyName }) => ({ location, ...encryptedBy(kmsKeyName) })),
      },
    };
  }

  /** Only two secrets in the project, and read access to the administrator's. */
  private grantRotator(): void {
    const { project, strategy, transform } = this.props;
    const { member } = this.rotator;
    for (const [secretName, secret] of [
      ["Secret", this.resource],
      ["Journal", this.journal],
    ] as const) {
      for (const [roleName, role] of Object.entries(ROTATOR_ROLES)) {
        const config = { project, secretId: secret.secretId, role, member };
        const granted = applyTransform(config, transform?.secretAccess);
        new SecretManagerSecretIamMember(this, `${secretName}${roleName}`, granted);
      }
    }
    if (strategy.adminSecret === undefined) return;
    const config = { secretId: strategy.adminSecret, role: ROTATOR_ROLES.Accessor, member };
    new SecretManagerSecretIamMember(this, "AdministratorAccessor", applyTransform(config, transform?.secretAccess));
  }

  /** Rotations keep the first version: Terraform would otherwise recreate it and replace the value in use. */
  private addFirstVersion(initialValue: string): void {
    requireTerraformVersion(
      this,
      WRITE_ONLY_TERRAFORM,
      "`initialValue` is written and never kept (secret_data_wo); without it the first rotation makes the value",
    );
    new SecretManagerSecretVersion(this, "FirstVersion", {
      secret: this.resource.id,
      secretDataWo: initialValue,
      secretDataWoVersion: 1,
      deletionPolicy: "ABANDON",
      lifecycle: { ignoreChanges: ["secret_data_wo", "secret_data_wo_version", "enabled"] },
    });
  }
}

/** Options of `RotationAlert`. */
export interface RotationAlertProps {
  /** Name of the rotation function. */
  readonly functionName: string;
  readonly topic: PubsubTopic;
  readonly secret: RotatingSecretProps;
}

/**
 * An alert on errors in the log of the rotation function. Once a day, a job calls the function, which fails if its
 * secret is overdue: Cloud Monitoring detects an absence of 23.5 hours at most.
 */
class RotationAlert extends Construct {
  constructor(scope: Construct, id: string, { functionName, topic, secret }: RotationAlertProps) {
    super(scope, id);
    const { project, region, secretName, notificationChannels = [], transform } = secret;
    const daily = {
      name: functionName,
      project,
      region,
      description: `Asks every day whether the rotation of ${secretName} is overdue`,
      schedule: "0 6 * * *",
      timeZone: "Etc/UTC",
      pubsubTarget: { topicName: topic.id, attributes: { eventType: OVERDUE_CHECK } },
    };
    new CloudSchedulerJob(this, "Daily", applyTransform(daily, transform?.overdueCheck));
    const alert = {
      project,
      displayName: `${secretName}: a rotation failed or is overdue`,
      combiner: "OR",
      notificationChannels: [...notificationChannels],
      documentation: {
        content:
          `The log of the function ${functionName} says why. ` +
          `By hand, in the folder of the project: sterna secrets rotate projects/${project}/secrets/${secretName} ` +
          `--stack ${TerraformStack.of(this).node.id}`,
      },
      conditions: [
        {
          displayName: "an error in the log of the rotation function",
          conditionMatchedLog: {
            filter: `resource.type="cloud_run_revision" AND resource.labels.service_name="${functionName}" AND severity>=ERROR`,
          },
        },
      ],
      // The rate limit is required for alerts on logs. A failing rotation is retried for a day.
      alertStrategy: { notificationRateLimit: { period: "3600s" }, autoClose: "86400s" },
    };
    new MonitoringAlertPolicy(this, "Alert", applyTransform(alert, transform?.alert));
  }
}
