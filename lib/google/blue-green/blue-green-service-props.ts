import type { CloudRunV2ServiceConfig } from "@cdktf/provider-google/lib/cloud-run-v2-service";
import type { CloudRunV2ServiceIamMemberConfig } from "@cdktf/provider-google/lib/cloud-run-v2-service-iam-member";
import type { SecretManagerSecretIamMemberConfig } from "@cdktf/provider-google/lib/secret-manager-secret-iam-member";
import type { ServiceAccountConfig } from "@cdktf/provider-google/lib/service-account";
import type { Acknowledgements } from "../../core/acknowledge";
import type { Duration } from "../../core/duration";
import type { Transform } from "../../core/refactoring";
import { GoogleSecretReference } from "../../core/references";
import type { Size } from "../../core/size";
import type { BlueGreenServiceBaseProps } from "../../blue-green/service-rules";

/** Options of `BlueGreenService`. */
export interface BlueGreenServiceProps extends BlueGreenServiceBaseProps {
  /**
   * Name of the service: 2 to 49 lower-case letters, digits and hyphens; 26 at most without `serviceAccountEmail`,
   * since the name with `-run` becomes the name of a service account.
   */
  readonly serviceName: string;

  /** TCP port on which the container serves HTTP. */
  readonly containerPort: number;

  /** Region, such as `europe-west3`. */
  readonly location: string;

  /** Image of each release, by digest: `{ "1.2.0": "europe-docker.pkg.dev/app/shop/web@sha256:…" }`. */
  readonly images: Readonly<Record<string, string>>;

  /**
   * Project of the service and of its service account.
   * @default - the project of the provider
   */
  readonly project?: string;

  /**
   * Members that may call the service, by a name that becomes a Terraform address: `{ gateway:
   * "serviceAccount:gateway@app.iam.gserviceaccount.com" }`. `allUsers` makes it public.
   * @default - none
   */
  readonly invokers?: Readonly<Record<string, string>>;

  /**
   * Where requests may come from. Applies to the tag URL of a color as well.
   * @default "internal"
   */
  readonly ingress?: CloudRunIngress;

  /**
   * E-mail address of the service account that the application runs as.
   * @default - a new account, which may only read the secrets
   */
  readonly serviceAccountEmail?: string;

  /**
   * Environment variables that Cloud Run reads from Secret Manager:
   * `SecretReference.google("projects/shop/secrets/token")`. The value, which is the whole content of the secret,
   * appears neither in Terraform nor in the revision.
   * @default - none
   */
  readonly secrets?: Readonly<Record<string, GoogleSecretReference | SecretVersion>>;

  /**
   * CPU of an instance, in vCPUs.
   * @default 1
   */
  readonly cpu?: 1 | 2 | 4 | 6 | 8;

  /**
   * Memory of an instance: a size that Cloud Run offers for the CPU, 128 MiB or more, 512 MiB in the second generation.
   * @default Size.mebibytes(512), Size.gibibytes(2) with 4 vCPUs, Size.gibibytes(4) with more
   */
  readonly memory?: Size;

  /**
   * Minimum number of instances of each color. 0 lets a color without requests scale to zero.
   * @default 1
   */
  readonly minInstances?: number;

  /**
   * Maximum number of instances of each color.
   * @default 10
   */
  readonly maxInstances?: number;

  /**
   * Path that answers 200 while an instance is healthy.
   * @default "/health"
   */
  readonly healthCheckPath?: string;

  /**
   * Time between two health checks of an instance, 1 second to 1 hour. Three failures restart it.
   * @default Duration.seconds(10)
   */
  readonly healthCheckInterval?: Duration;

  /**
   * How long the first successful health check of an instance may take: 1 to 240 seconds.
   * @default Duration.seconds(60)
   */
  readonly startupTimeout?: Duration;

  /**
   * Subnetwork for outgoing requests of instances: its name, or `projects/P/regions/R/subnetworks/S` of a shared VPC.
   * @default - no VPC: requests go directly to the internet
   */
  readonly subnetwork?: string;

  /**
   * Which traffic uses the subnetwork. Needs `subnetwork`.
   * @default "private-ranges-only"
   */
  readonly vpcEgress?: "private-ranges-only" | "all-traffic";

  /**
   * How long a phase must run before `sterna rollout` starts the next one.
   * @default Duration.minutes(10)
   */
  readonly bakeTime?: Duration;

  /**
   * Whether Terraform refuses to destroy the service.
   * @default true
   */
  readonly deletionProtection?: boolean;

  /**
   * Why a variable that looks like a secret is not one (`LiteralSecretValue`).
   * @default - secrets in `environmentVariables` are refused
   */
  readonly acknowledge?: Acknowledgements<"LiteralSecretValue">;

  /**
   * Changes the configuration of the resources inside. The result is not validated. A transform for a resource that the
   * other options leave out is refused.
   * @default - nothing is changed
   */
  readonly transform?: BlueGreenServiceTransform;
}

/** Where requests to a Cloud Run service may come from, in the terms of `gcloud run deploy --ingress`. */
export type CloudRunIngress = "all" | "internal" | "internal-and-cloud-load-balancing";

/** A version of a secret in Secret Manager. */
export interface SecretVersion {
  /** Name of the secret, or `projects/P/secrets/S` of another project. */
  readonly secret: string;

  /** Number of the version, or `latest`, the newest one when an instance starts. */
  readonly version: string;
}

/** One hook for each resource of a `BlueGreenService`. */
export interface BlueGreenServiceTransform {
  /** @default - unchanged */
  readonly service?: Transform<CloudRunV2ServiceConfig>;

  /** @default - unchanged */
  readonly serviceAccount?: Transform<ServiceAccountConfig>;

  /** Every grant of a secret. @default - unchanged */
  readonly secretAccess?: Transform<SecretManagerSecretIamMemberConfig>;

  /** Every grant of an invoker. @default - unchanged */
  readonly invoker?: Transform<CloudRunV2ServiceIamMemberConfig>;
}

/**
 * A secret in the form that Cloud Run expects.
 *
 * @throws SternaError `SecretReferenceInvalid` for a reference with a key, or for a secret in an environment variable
 */
export function secretVersion(secret: GoogleSecretReference | SecretVersion): SecretVersion {
  return secret instanceof GoogleSecretReference ? secret.secretKeyRef : secret;
}
