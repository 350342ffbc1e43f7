import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { CloudRunServiceIamMember } from "@cdktf/provider-google/lib/cloud-run-service-iam-member";
import { Cloudfunctions2Function } from "@cdktf/provider-google/lib/cloudfunctions2-function";
import type { PubsubTopic } from "@cdktf/provider-google/lib/pubsub-topic";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account";
import { StorageBucket } from "@cdktf/provider-google/lib/storage-bucket";
import { StorageBucketObject } from "@cdktf/provider-google/lib/storage-bucket-object";
import { AssetType, TerraformAsset } from "cdktf/lib/terraform-asset";
import { Construct } from "constructs";
import { applyTransform } from "../../core/refactoring";
import type { RotatingSecretProps } from "./rotating-secret-props";
import { rotatorZip, GOOGLE_ROTATOR_RUNTIME } from "../../secrets/rotator-package";
import { PERIOD_VARIABLE, SECRET_VARIABLE, SETTINGS_VARIABLE, type RotationSettings } from "../../rotator/settings";

/** Longer than a rotation waits for a lock. */
const TIMEOUT_SECONDS = 120;
const MEMORY = "512Mi";

/** Options of `RotatorFunction`. */
export interface RotatorFunctionProps {
  readonly name: string;
  readonly topic: PubsubTopic;
  readonly settings: RotationSettings;
  readonly rotationPeriodSeconds: number;
  readonly secret: RotatingSecretProps;
}

/** Sterna's rotation function for one secret, with a least-privilege service account. */
export class RotatorFunction extends Construct {
  readonly function: Cloudfunctions2Function;

  /** `serviceAccount:` and the e-mail address of the account that the function runs as. */
  readonly member: string;

  /** @internal */
  constructor(scope: Construct, id: string, props: RotatorFunctionProps) {
    super(scope, id);
    const { name, topic } = props;
    const { project, region, secretName, network, buildServiceAccount, transform } = props.secret;
    const account = this.addAccount("ServiceAccount", name, `Rotates the secret ${secretName}`, props);
    const trigger = this.addAccount(
      "TriggerServiceAccount",
      `${name}-ev`,
      `Calls the rotation of ${secretName}`,
      props,
    );
    this.member = `serviceAccount:${account.email}`;
    const config = {
      name,
      project,
      location: region,
      description: `Rotates the secret ${secretName}`,
      buildConfig: {
        runtime: GOOGLE_ROTATOR_RUNTIME.name,
        entryPoint: "rotate",
        serviceAccount: buildServiceAccount,
        source: { storageSource: this.addSource(props) },
      },
      serviceConfig: {
        // One rotation at a time. Cloud Run may briefly run more, which the journal and the locks of servers handle.
        maxInstanceCount: 1,
        maxInstanceRequestConcurrency: 1,
        availableMemory: MEMORY,
        timeoutSeconds: TIMEOUT_SECONDS,
        ingressSettings: "ALLOW_INTERNAL_ONLY",
        serviceAccountEmail: account.email,
        environmentVariables: {
          [SECRET_VARIABLE]: `projects/${project}/secrets/${secretName}`,
          [SETTINGS_VARIABLE]: JSON.stringify(props.settings),
          [PERIOD_VARIABLE]: String(props.rotationPeriodSeconds),
        },
        ...(network && {
          vpcConnector: network.vpcConnector,
          vpcConnectorEgressSettings: network.egress === "all-traffic" ? "ALL_TRAFFIC" : "PRIVATE_RANGES_ONLY",
        }),
      },
      eventTrigger: {
        eventType: "google.cloud.pubsub.topic.v1.messagePublished",
        pubsubTopic: topic.id,
        triggerRegion: region,
        retryPolicy: "RETRY_POLICY_RETRY",
        serviceAccountEmail: trigger.email,
      },
    };
    this.function = new Cloudfunctions2Function(this, "Resource", applyTransform(config, transform?.function));
    // The only role that Pub/Sub events need:
    // https://cloud.google.com/eventarc/standard/docs/functions/roles-permissions
    const grant = {
      project,
      location: region,
      service: this.function.name,
      role: "roles/run.invoker",
      member: `serviceAccount:${trigger.email}`,
    };
    new CloudRunServiceIamMember(this, "Invoker", applyTransform(grant, transform?.invoker));
  }

  private addAccount(
    id: string,
    accountId: string,
    displayName: string,
    { secret: { project, transform } }: RotatorFunctionProps,
  ): ServiceAccount {
    return new ServiceAccount(this, id, applyTransform({ project, accountId, displayName }, transform?.serviceAccount));
  }

  /** New content gets a new object name, since a function is rebuilt only when the name of its source changes. */
  private addSource({ name, secret }: RotatorFunctionProps): { bucket: string; object: string } {
    const zip = rotatorZip(this, "google-rotator.zip");
    const code = new TerraformAsset(this, "Code", { path: zip, type: AssetType.FILE });
    const digest = createHash("sha256").update(readFileSync(zip)).digest("hex");
    const bucket = secret.sourceBucketName ?? this.addBucket(name, secret).name;
    const config = { bucket, name: `${name}-${digest.slice(0, 16)}.zip`, source: code.path };
    const source = new StorageBucketObject(this, "Source", applyTransform(config, secret.transform?.source));
    return { bucket, object: source.name };
  }

  private addBucket(name: string, { project, region, transform }: RotatingSecretProps): StorageBucket {
    const config = {
      name: `${project}-${name}`,
      project,
      location: region,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      // It only holds the code of this package.
      forceDestroy: true,
    };
    return new StorageBucket(this, "Bucket", applyTransform(config, transform?.bucket));
  }
}

/** Service account identifiers are short (30). Two truncated names must not collide. */
export function googleRotatorName(secretName: string): string {
  const digest = createHash("sha256").update(secretName).digest("hex").slice(0, 8);
  const beginning = secretName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 17);
  return `${beginning.replace(/-+$/, "") || "secret"}-${digest}`;
}
