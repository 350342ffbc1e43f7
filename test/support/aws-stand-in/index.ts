import { Faults, type Fault } from "./faults";
import { motoAvailable, startMoto } from "./moto";
import { startProxy, type Call } from "./proxy";
import { ApplicationAutoscalingFill } from "./services/application-autoscaling";
import { EcsFill } from "./services/ecs";
import { BackupFill } from "./services/backup";
import { S3Fill } from "./services/s3";

export { GAPS, type Gap } from "./gaps";
export type { Call, Fault };

/**
 * AWS on loopback: moto behind a proxy that fills moto's gaps for Terraform and injects faults.
 *
 * It is a test double. What it keeps is not checked as AWS checks it, so success here proves the wiring, not that AWS
 * would accept it.
 */
export interface AwsStandIn {
  /** `http://127.0.0.1:PORT`. An IP address, since SDKs then put the bucket into the path, not into the host name. */
  readonly endpoint: string;

  /** Environment variables that lead the SDKs, Terraform's provider and its S3 backend here, and nowhere else. */
  readonly environment: Readonly<Record<string, string>>;

  /** Faults to inject. */
  readonly faults: { add(fault: Fault): void; clear(): void };

  /** The requests so far, oldest first. */
  calls(): readonly Call[];

  /** Forgets every resource, fault and call. */
  reset(): Promise<void>;

  stop(): Promise<void>;
}

/** Whether a stand-in can be started: `moto_server` is on the PATH. */
export const standInAvailable = motoAvailable;

/**
 * Starts a stand-in on a free port of 127.0.0.1.
 * @throws Error when `moto_server` is not on the PATH
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
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
      // The developer's own profiles must not matter.
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
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
