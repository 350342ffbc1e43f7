import type {
  CloudRunV2ServiceTemplate,
  CloudRunV2ServiceTemplateContainers,
  CloudRunV2ServiceTraffic,
} from "@cdktf/provider-google/lib/cloud-run-v2-service";
import { Size } from "../../core/size";
import type { Color, Rollout } from "../../manifest/rollout";
import { sortedByName } from "../../blue-green/service-rules";
import { type BlueGreenServiceProps, secretVersion } from "./blue-green-service-props";

/** Name of the revision of a color. It stays the same for as long as the color runs its release. */
export function revisionName(serviceName: string, color: Color, rollout: Rollout): string {
  const release = rollout.releaseOf(color)!.toLowerCase();
  return `${serviceName}-${color}-${release.replaceAll(/[^a-z0-9]/g, "-")}`;
}

/** The share of each color that exists, and a tag that reaches it whatever its share is. */
export function revisionTraffic({ serviceName, rollout }: BlueGreenServiceProps): CloudRunV2ServiceTraffic[] {
  return rollout.colors.map((color) => ({
    type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
    revision: revisionName(serviceName, color, rollout),
    percent: rollout.weights[color],
    tag: color,
  }));
}

/**
 * The revision that was rolled out last. A service has one template, and changing it makes a revision: while it stays the
 * same, a phase changes traffic only.
 */
export function revisionTemplate(props: BlueGreenServiceProps, serviceAccountEmail: string): CloudRunV2ServiceTemplate {
  const { serviceName, rollout, subnetwork, vpcEgress = "private-ranges-only" } = props;
  const color = lastRolledOut(rollout);
  return {
    revision: revisionName(serviceName, color, rollout),
    serviceAccount: serviceAccountEmail,
    scaling: { minInstanceCount: props.minInstances ?? 1, maxInstanceCount: props.maxInstances ?? 10 },
    containers: [container(props, color)],
    ...(subnetwork !== undefined && {
      vpcAccess: {
        egress: vpcEgress === "all-traffic" ? "ALL_TRAFFIC" : "PRIVATE_RANGES_ONLY",
        networkInterfaces: [{ subnetwork }],
      },
    }),
  };
}

/** Memory of an instance unless another one is asked for: the least that Cloud Run offers for the vCPUs. */
export function defaultMemory(cpu: number): Size {
  if (cpu < 4) return Size.mebibytes(512);
  return Size.gibibytes(cpu === 4 ? 2 : 4);
}

/** After a cutover the live color is the newer one, and so is the only one; otherwise the idle color is. */
function lastRolledOut({ phase, live, idle }: Rollout): Color {
  return phase === "steady" || phase === "cutover" ? live : idle;
}

function container(props: BlueGreenServiceProps, color: Color): CloudRunV2ServiceTemplateContainers {
  const {
    images,
    rollout,
    containerPort,
    environmentVariables: environment = {},
    secrets = {},
    cpu = 1,
    memory = defaultMemory(cpu),
  } = props;
  const httpGet = { path: props.healthCheckPath ?? "/health", port: containerPort };
  return {
    image: images[rollout.releaseOf(color)!]!,
    ports: { containerPort },
    resources: {
      limits: { cpu: String(cpu), memory: `${memory.toMebibytes()}Mi` },
      // Not set, it would be false: CPU is paid for between requests as well.
      cpuIdle: true,
      startupCpuBoost: true,
    },
    env: [
      ...sortedByName({ ...environment, COLOR: color }).map(([name, value]) => ({ name, value })),
      ...sortedByName(secrets).map(([name, secret]) => ({
        name,
        valueSource: { secretKeyRef: { ...secretVersion(secret) } },
      })),
    ],
    // Asked each second, so that a color takes requests as soon as it can.
    startupProbe: {
      httpGet,
      periodSeconds: 1,
      timeoutSeconds: 1,
      failureThreshold: props.startupTimeout?.toSeconds() ?? 60,
    },
    livenessProbe: { httpGet, periodSeconds: props.healthCheckInterval?.toSeconds() ?? 10, failureThreshold: 3 },
  };
}
