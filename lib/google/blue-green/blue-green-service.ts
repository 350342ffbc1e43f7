import { CloudRunV2Service, type CloudRunV2ServiceConfig } from "@cdktf/provider-google/lib/cloud-run-v2-service";
import { CloudRunV2ServiceIamMember } from "@cdktf/provider-google/lib/cloud-run-v2-service-iam-member";
import { SecretManagerSecretIamMember } from "@cdktf/provider-google/lib/secret-manager-secret-iam-member";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account";
import { DataResource, DefaultTokenResolver, type ITerraformDependable, StringConcat, Tokenization } from "cdktf";
import { Construct } from "constructs";
import { sortedByName, naming, requireImages, requirePorts } from "../../blue-green/service-rules";
import { checkProps } from "../../core/check-props";
import { Duration } from "../../core/duration";
import { attempt, collect, report } from "../../core/errors";
import { refuseLiteralSecrets } from "../../core/literal-secrets";
import { applyTransform, refuseUnusedTransforms } from "../../core/refactoring";
import { isUnresolved } from "../../core/tokens";
import { SystemStack } from "../../environments/system-stack";
import type { Color } from "../../manifest/rollout";
import { type CloudRunIngress, type BlueGreenServiceProps, secretVersion } from "./blue-green-service-props";
import { defaultMemory, isUnnamed, lastRolledOut, revisionName, revisionTemplate, revisionTraffic } from "./revision";

const INGRESS: Readonly<Record<CloudRunIngress, string>> = {
  all: "INGRESS_TRAFFIC_ALL",
  internal: "INGRESS_TRAFFIC_INTERNAL_ONLY",
  "internal-and-cloud-load-balancing": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
};

/**
 * A service in two colors on Cloud Run: a revision for each color that exists. The rollout in `releases.json` defines
 * which release each runs and how traffic is split. No other change of the stack moves traffic between colors.
 *
 * Emits `google_cloud_run_v2_service`, a service account, and a grant for each secret and for each invoker.
 */
export class BlueGreenService extends Construct {
  /** The Cloud Run service. */
  readonly resource: CloudRunV2Service;

  /** E-mail address of the service account that the application runs as, to grant permissions to. */
  readonly serviceAccountEmail: string;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/blue-green.md` */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: BlueGreenServiceProps,
  ) {
    super(scope, id);
    checkProps(this, "google/BlueGreenServiceProps", props);
    collect(this, () => validateBlueGreenService(props, this));
    this.serviceAccountEmail = props.serviceAccountEmail ?? this.addServiceAccount();
    const current = lastRolledOut(props.rollout);
    const config = this.serviceConfig(current, this.grantSecrets());
    // A transform may change the template, and with it the name.
    const traffic = revisionTraffic(props, (color) => this.rememberRevision(color, color === current, config));
    this.resource = new CloudRunV2Service(this, "Resource", { ...config, traffic: config.traffic ?? traffic });
    this.grantInvocation();
    const stack = this.node.scopes.find((ancestor) => ancestor instanceof SystemStack);
    stack?.declareRollout({
      bakeSeconds: (props.bakeTime ?? Duration.minutes(10)).toSeconds({ integral: false }),
      // Sterna does not read the alerts of Cloud Monitoring, and CloudWatch has none for it.
      alarms: { blue: [], green: [] },
    });
  }

  /** The transformed service without its traffic, with the name of the revision. */
  private serviceConfig(color: Color, dependsOn: ITerraformDependable[]): CloudRunV2ServiceConfig {
    const { props } = this;
    const config = applyTransform<CloudRunV2ServiceConfig>(
      {
        name: props.serviceName,
        location: props.location,
        project: props.project,
        ingress: INGRESS[props.ingress ?? "internal"],
        deletionProtection: props.deletionProtection ?? true,
        template: revisionTemplate(props, color, this.serviceAccountEmail),
        // A revision does not start if its secrets cannot be read.
        dependsOn,
      },
      props.transform?.service,
    );
    if (!isUnnamed(config.template)) return config;
    // Tokens are numbered in order of creation.
    const template = Tokenization.resolve(config.template, {
      scope: this,
      resolver: new DefaultTokenResolver(new StringConcat()),
      preparing: false,
    });
    const revision = revisionName(props.serviceName, color, props.rollout, template);
    return { ...config, template: { ...config.template, revision } };
  }

  /**
   * Name of the revision that a color runs. The template names only the revision of one color. The other color keeps
   * the revision that it was rolled out with, whatever the settings are now, so Terraform's state stores its name.
   */
  private rememberRevision(color: Color, isCurrent: boolean, config: CloudRunV2ServiceConfig): string {
    const { revision } = (isCurrent ? config : this.serviceConfig(color, [])).template;
    const remembered = new DataResource(this, `Revision-${color}`, {
      input: { name: revision },
      lifecycle: isCurrent ? undefined : { ignoreChanges: ["input"] },
    });
    return isCurrent ? revision! : remembered.getStringAttribute("output.name");
  }

  /** URL of the service, with traffic split between the colors. Known after apply. */
  get url(): string {
    return this.resource.uri;
  }

  /**
   * URL that always reaches one color, whatever its share of traffic. Known after apply.
   *
   * @returns undefined if the rollout does not have this color
   */
  tagUrl(color: Color): string | undefined {
    const index = this.props.rollout.colors.indexOf(color);
    return index === -1 ? undefined : this.resource.trafficStatuses.get(index).uri;
  }

  private addServiceAccount(): string {
    const { serviceName, project, transform } = this.props;
    const config = { accountId: `${serviceName}-run`, displayName: `Runs ${serviceName}`, project };
    return new ServiceAccount(this, "ServiceAccount", applyTransform(config, transform?.serviceAccount)).email;
  }

  /** One grant for each secret, however many variables read it. */
  private grantSecrets(): SecretManagerSecretIamMember[] {
    const names = new Map<string, string>();
    for (const [name, reference] of sortedByName(this.props.secrets ?? {})) {
      const { secret } = secretVersion(reference);
      if (!names.has(secret)) names.set(secret, name);
    }
    return [...names].map(
      ([secretId, name]) =>
        new SecretManagerSecretIamMember(
          this,
          `Secret-${name}`,
          applyTransform(
            {
              secretId,
              project: secretId.startsWith("projects/") ? undefined : this.props.project,
              role: "roles/secretmanager.secretAccessor",
              member: `serviceAccount:${this.serviceAccountEmail}`,
            },
            this.props.transform?.secretAccess,
          ),
        ),
    );
  }

  private grantInvocation(): void {
    const { name, location, project } = this.resource;
    for (const [id, member] of Object.entries(this.props.invokers ?? {})) {
      const grant = { name, location, project, role: "roles/run.invoker", member };
      new CloudRunV2ServiceIamMember(this, `Invoker-${id}`, applyTransform(grant, this.props.transform?.invoker));
    }
  }
}

/** With `-run`, 6 to 30 characters, as required for the identifier of a service account. */
const SERVICE_NAME_OF_ACCOUNT = /^[a-z][a-z0-9-]{0,24}[a-z0-9]$/;
/** @see https://cloud.google.com/run/docs/deploying (names of services) */
const SERVICE_NAME = /^[a-z][a-z0-9-]{0,47}[a-z0-9]$/;
/**
 * Memory that Cloud Run offers for its vCPUs, MiB: lowest, highest. The first generation accepts 128 MiB and more.
 *
 * @see https://cloud.google.com/run/docs/configuring/services/memory-limits
 * @see https://cloud.google.com/run/docs/configuring/services/cpu
 */
const MEMORY: Readonly<Record<number, readonly [number, number]>> = {
  1: [128, 4096],
  2: [128, 8192],
  4: [2048, 16384],
  6: [4096, 24576],
  8: [4096, 32768],
};
/** Source: Cloud Run documentation, "Container runtime contract", "Environment variables". */
const SET_BY_CLOUD_RUN = ["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"];
const SECRET_VERSION = /^(latest|[1-9]\d*)$/;
/** @see https://cloud.google.com/iam/docs/principal-identifiers */
const MEMBER =
  /^(allUsers|allAuthenticatedUsers|(user|serviceAccount|group|domain|principal|principalSet|projectOwner|projectEditor|projectViewer|deleted):\S+)$/;

/** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/blue-green.md` */
function validateBlueGreenService(props: BlueGreenServiceProps, construct: Construct): void {
  requireName(props, construct);
  requireImages(props, construct);
  requirePorts({ containerPort: props.containerPort }, construct);
  requireInstances(props, construct);
  requireProbeTimes(props, construct);
  requireVariables(props, construct);
  requireInvokers(props, construct);
  refuseUnusedTransforms(construct, props.transform, {
    serviceAccount:
      props.serviceAccountEmail !== undefined && "serviceAccountEmail names an account that exists already",
    secretAccess: Object.keys(props.secrets ?? {}).length === 0 && "there are no secrets",
    invoker: Object.keys(props.invokers ?? {}).length === 0 && "there are no invokers",
  });
  if (props.vpcEgress === undefined || props.subnetwork !== undefined) return;
  const message = `vpcEgress is "${props.vpcEgress}", and there is no subnetwork for the traffic; set subnetwork, or remove vpcEgress`;
  report(construct, "EgressWithoutSubnetwork", message);
}

function requireName({ serviceName, serviceAccountEmail }: BlueGreenServiceProps, construct: Construct): void {
  if (isUnresolved(serviceName)) return;
  const [rule, longest] = serviceAccountEmail === undefined ? [SERVICE_NAME_OF_ACCOUNT, 26] : [SERVICE_NAME, 49];
  if (!rule.test(serviceName)) {
    const message = `serviceName is "${serviceName}"; write 2 to ${longest} lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen${longest === 26 ? ", or up to 49 with serviceAccountEmail" : ""}`;
    report(construct, "InvalidServiceName", message);
  }
}

function requireInstances(props: BlueGreenServiceProps, construct: Construct): void {
  const { minInstances = 1, maxInstances = 10, cpu = 1, memory = defaultMemory(cpu) } = props;
  const known = [minInstances, maxInstances].every((count) => !isUnresolved(count));
  const whole = [minInstances, maxInstances].every(Number.isInteger);
  if (known && (!whole || minInstances < 0 || maxInstances < 1 || maxInstances < minInstances)) {
    const message = `each color has ${minInstances} to ${maxInstances} instances; write whole numbers, \`minInstances\` at least 0, \`maxInstances\` at least 1 and not below \`minInstances\``;
    report(construct, "InvalidTaskCount", message);
  }
  const mebibytes = memory.toMebibytes({ integral: false });
  const [lowest, highest] = MEMORY[cpu]!;
  if (Number.isInteger(mebibytes) && mebibytes >= lowest && mebibytes <= highest) return;
  const message = `Cloud Run does not offer ${memory} of memory for ${cpu} vCPU; it offers ${lowest} to ${highest} whole MiB`;
  report(construct, "InvalidCloudRunSize", message);
}

/** Source: Cloud Run documentation, "Configure container health checks for services". */
function requireProbeTimes(props: BlueGreenServiceProps, construct: Construct): void {
  const limits = { healthCheckInterval: 3600, startupTimeout: 240 } as const;
  for (const [name, longest] of Object.entries(limits)) {
    const time = props[name as keyof typeof limits];
    const seconds = time?.toSeconds({ integral: false });
    if (seconds === undefined || (Number.isInteger(seconds) && seconds >= 1 && seconds <= longest)) continue;
    const message = `\`${name}\` is ${time}; Cloud Run takes 1 to ${longest} whole seconds`;
    report(construct, "InvalidProbeTime", message);
  }
}

function requireVariables(
  { environmentVariables: environment = {}, secrets = {}, acknowledge }: BlueGreenServiceProps,
  construct: Construct,
): void {
  const refuse = (message: string): void => {
    report(construct, "InvalidEnvironmentVariable", message);
  };
  for (const name of [...Object.keys(environment), ...Object.keys(secrets)]) {
    if (SET_BY_CLOUD_RUN.includes(name)) refuse(`Cloud Run sets ${name} itself; leave it out, or use another name`);
    if (name === "COLOR") refuse("COLOR tells a container its color; use another name");
  }
  refuseLiteralSecrets(construct, environment, "environmentVariables", acknowledge);
  for (const [name, reference] of Object.entries(secrets)) {
    const read = attempt(construct, () => naming(name, construct, () => secretVersion(reference)));
    if (read === undefined) continue;
    const { secret, version } = read;
    if (isUnresolved(version) || SECRET_VERSION.test(version)) continue;
    refuse(`${name} is version "${version}" of the secret "${secret}"; write its number, or "latest"`);
  }
  const twice = Object.keys(environment).find((name) => Object.hasOwn(secrets, name));
  if (twice !== undefined) refuse(`${twice} is in \`environmentVariables\` and in \`secrets\`; keep one of them`);
}

function requireInvokers({ invokers = {} }: BlueGreenServiceProps, construct: Construct): void {
  for (const [name, member] of Object.entries(invokers)) {
    if (isUnresolved(member) || MEMBER.test(member)) continue;
    const message = `the invoker \`${name}\` is "${member}", which IAM does not know as a member; write "serviceAccount:<e-mail>", "user:<e-mail>", "group:<e-mail>", "domain:<domain>" or "allUsers"`;
    report(construct, "InvalidInvoker", message);
  }
}
