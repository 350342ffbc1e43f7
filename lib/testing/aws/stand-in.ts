import { Faults, type Fault } from "./faults";
import { startMoto } from "./moto";
import { startProxy, type Call } from "./proxy";
import { ApplicationAutoscalingFill } from "./application-autoscaling";
import { EcsFill } from "./ecs";
import { BackupFill } from "./backup";
import { S3Fill } from "./s3";

/**
 * AWS on this machine: `moto_server` behind a proxy that fills moto's gaps for Terraform and injects faults.
 *
 * It checks requests less strictly than AWS does. An apply that succeeds here proves the wiring, not that AWS accepts it.
 */
export interface AwsStandIn {
  /** `http://127.0.0.1:PORT`. With an IP address, the SDKs put a bucket into the path, not into the host name. */
  readonly endpoint: string;

  /**
   * Environment variables that lead the SDKs, Terraform's AWS provider and its S3 backend to the stand-in: for the
   * process of Terraform, or for `.sterna/<environment>.env`.
   */
  readonly environment: Readonly<Record<string, string>>;

  /** Arguments of `AwsProvider` that do the same for one stack: `new AwsProvider(stack, "aws", { ...aws.provider })`. */
  readonly provider: AwsStandInProvider;

  /** Faults to inject. */
  readonly faults: { add(fault: Fault): void; clear(): void };

  /** The requests so far, oldest first. */
  calls(): readonly Call[];

  /** Forgets every resource, fault and call. */
  reset(): Promise<void>;

  /** Stops the server. It also ends with this process. */
  stop(): Promise<void>;
}

/** Arguments of `AwsProvider` for a stand-in. */
export interface AwsStandInProvider {
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly s3UsePathStyle: boolean;
  readonly skipMetadataApiCheck: string;
  /** The endpoint of each service that the constructs of Sterna use. */
  readonly endpoints: { [service: string]: string }[];
}

/** Services of the constructs, by the names that the `endpoints` block of the AWS provider has for them. */
const SERVICES = [
  ...["acm", "appautoscaling", "backup", "cloudwatch", "datasync", "ec2", "ecs", "elbv2", "events", "iam", "kms"],
  ...["lambda", "logs", "route53", "s3", "scheduler", "secretsmanager", "sns", "sqs", "ssm", "sts"],
];

const REGION = "us-east-1";

/**
 * Starts a stand-in on a free port of 127.0.0.1. Needs `moto_server` on the PATH: `pip install 'moto[server]>=5.2,<6'`.
 *
 * @throws SternaError `MotoMissing`, `MotoFailed`
 */
export async function startAwsStandIn(): Promise<AwsStandIn> {
  const fills = [new S3Fill(), new BackupFill(), new ApplicationAutoscalingFill(), new EcsFill()];
  const faults = new Faults();
  const calls: Call[] = [];
  const moto = await startMoto();
  const proxy = await startProxy(moto, fills, faults, calls);
  const endpoint = `http://127.0.0.1:${proxy.port}`;
  return {
    endpoint,
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_EC2_METADATA_DISABLED: "true",
      // The developer's own profiles must not matter.
      AWS_PROFILE: "",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    },
    provider: {
      ...{ region: REGION, accessKey: "test", secretKey: "test", s3UsePathStyle: true, skipMetadataApiCheck: "true" },
      endpoints: [Object.fromEntries(SERVICES.map((service) => [service, endpoint]))],
    },
    faults,
    calls: () => [...calls],
    async reset() {
      await moto.reset();
      for (const fill of fills) fill.reset();
      faults.clear();
      calls.length = 0;
    },
    async stop() {
      await proxy.stop();
      await moto.stop();
    },
  };
}
