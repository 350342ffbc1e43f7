import { createHash } from "node:crypto";
import type {
  CloudRunV2ServiceTemplate,
  CloudRunV2ServiceTemplateContainers,
  CloudRunV2ServiceTraffic,
} from "@cdktf/provider-google/lib/cloud-run-v2-service";
import { Size } from "../../core/size";
import type { Color, Rollout } from "../../manifest/rollout";
import { sortedByName } from "../../blue-green/service-rules";
import { type BlueGreenServiceProps, secretVersion } from "./blue-green-service-props";

/** Placeholder for the name of a revision until its configuration is known. */
const UNNAMED = "unnamed";
/** Together with the longest service name, 49 characters, and the color, gives a name of 63 characters. */
const DIGEST_LENGTH = 7;
const LONGEST_REVISION_NAME = 63;

/**
 * Name of the revision of a color. Includes a digest of its configuration, since Cloud Run refuses a different
 * configuration under the name of an existing revision
 * (https://github.com/hashicorp/terraform-provider-google/issues/14569).
 *
 * @param template without tokens
 */
export function revisionName(serviceName: string, color: Color, rollout: Rollout, template: unknown): string {
  const release = rollout.releaseOf(color)!;
  const digest = createHash("sha256").update(JSON.stringify({ release, template })).digest("hex");
  const [beginning, end] = [`${serviceName}-${color}`, `-${digest.slice(0, DIGEST_LENGTH)}`];
  const readable = `-${release.toLowerCase().replaceAll(/[^a-z0-9]/g, "-")}`;
  const fitting = readable.slice(0, LONGEST_REVISION_NAME - beginning.length - end.length).replace(/-+$/, "");
  return `${beginning}${fitting}${end}`;
}

/** The traffic share of each color that exists, and a tag that reaches it whatever its share. */
export function revisionTraffic(
  { rollout }: BlueGreenServiceProps,
  nameOf: (color: Color) => string,
): CloudRunV2ServiceTraffic[] {
  return rollout.colors.map((color) => ({
    type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
    revision: nameOf(color),
    percent: rollout.weights[color],
    tag: color,
  }));
}

/** The revision of a color. A service has one template, and changing it creates a revision. */
export function revisionTemplate(
  props: BlueGreenServiceProps,
  color: Color,
  serviceAccountEmail: string,
): CloudRunV2ServiceTemplate {
  const { subnetwork, vpcEgress = "private-ranges-only" } = props;
  return {
    revision: UNNAMED,
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

/** Whether a transform did not change the name of the revision. */
export function isUnnamed({ revision }: CloudRunV2ServiceTemplate): boolean {
  return revision === UNNAMED;
}

/** Default memory of an instance: the least that Cloud Run offers for the vCPUs. */
export function defaultMemory(cpu: number): Size {
  if (cpu < 4) return Size.mebibytes(512);
  return Size.gibibytes(cpu === 4 ? 2 : 4);
}

/** The color that the template describes: the live one if it is the newer or the only one, otherwise the idle one. */
export function lastRolledOut({ phase, live, idle }: Rollout): Color {
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
      // If unset, it would be false: CPU is then billed between requests as well.
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
    // Checked every second, so that a color accepts requests as soon as it can.
    startupProbe: {
      httpGet,
      periodSeconds: 1,
      timeoutSeconds: 1,
      failureThreshold: props.startupTimeout?.toSeconds() ?? 60,
    },
    livenessProbe: { httpGet, periodSeconds: props.healthCheckInterval?.toSeconds() ?? 10, failureThreshold: 3 },
  };
}
