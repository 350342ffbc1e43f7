import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { DataAwsRegion } from "@cdktf/provider-aws/lib/data-aws-region";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Construct } from "constructs";
import { naming, requireImages, requirePorts } from "../../blue-green/service-rules";
import { checkProps } from "../../core/check-props";
import { Duration } from "../../core/duration";
import { attempt, collect, report } from "../../core/errors";
import { acknowledgement, isAcknowledged, validateAcknowledgements } from "../../core/acknowledge";
import { refuseLiteralSecrets } from "../../core/literal-secrets";
import { applyTransform, refuseUnusedTransforms } from "../../core/refactoring";
import { isUnresolved } from "../../core/tokens";
import { SystemStack } from "../../environments/system-stack";
import type { Color } from "../../manifest/rollout";
import type { BlueGreenServiceProps } from "./blue-green-service-props";
import { ColorService } from "./color-service";
import { ColorTraffic, portsOf } from "./color-traffic";
import { containerSecret, ServiceRoles } from "./service-roles";

/**
 * A service in two colors on ECS Fargate behind a load balancer. The rollout in `releases.json` defines which colors
 * exist, which release each runs and how traffic is split. No other change of the stack moves traffic.
 *
 * Emits a load balancer with HTTPS, redirect and test listeners and a target group for each color; a task definition,
 * an ECS service, autoscaling and alarms for each color that exists; roles, security groups and a log group.
 */
export class BlueGreenService extends Construct {
  /** The load balancer and its listeners. */
  readonly traffic: ColorTraffic;

  private readonly services: ReadonlyMap<Color, ColorService>;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/blue-green.md` */
  constructor(scope: Construct, id: string, props: BlueGreenServiceProps) {
    super(scope, id);
    checkProps(this, "aws/BlueGreenServiceProps", props);
    collect(this, () => validateBlueGreenService(props, this));
    const { serviceName, rollout } = props;
    this.traffic = new ColorTraffic(this, "Traffic", props);
    const { securityGroup, fromLoadBalancer } = this.addTaskSecurityGroup(props);
    const log = { name: `/ecs/${serviceName}`, retentionInDays: props.logRetention?.toDays() ?? 30 };
    const logs = new CloudwatchLogGroup(this, "Logs", applyTransform(log, props.transform?.log));
    const region = new DataAwsRegion(this, "Region").name;
    const roles = new ServiceRoles(this, "Roles", {
      serviceName,
      region,
      logGroupArn: logs.arn,
      images: Object.values(props.images),
      secrets: Object.values(props.secrets ?? {}).map(containerSecret),
      secretKmsKeyArns: props.secretKmsKeyArns ?? [],
      taskRoleArn: props.taskRoleArn,
      transform: props.transform,
    });
    const make = (color: Color): ColorService =>
      new ColorService(this, color, {
        ...props,
        color,
        image: props.images[rollout.releaseOf(color)!]!,
        traffic: this.traffic,
        roles,
        securityGroupId: securityGroup.id,
        openedPorts: (port) => [this.traffic.toTasks.get(port)!, fromLoadBalancer.get(port)!],
        logGroupName: logs.name,
        region,
      });
    this.services = new Map(rollout.colors.map((color) => [color, make(color)]));
    const stack = this.node.scopes.find((ancestor) => ancestor instanceof SystemStack);
    stack?.declareRollout({
      bakeSeconds: (props.bakeTime ?? Duration.minutes(10)).toSeconds({ integral: false }),
      alarms: { blue: [...this.alarmNames("blue")], green: [...this.alarmNames("green")] },
    });
  }

  /** The service of a color. Undefined if the rollout does not have this color. */
  service(color: Color): ColorService | undefined {
    return this.services.get(color);
  }

  /** Names of the alarms of a color. Empty if the rollout does not have this color. */
  alarmNames(color: Color): readonly string[] {
    return this.service(color)?.alarmNames ?? [];
  }

  /** Tasks accept requests only from the load balancer, and may connect to any address. */
  private addTaskSecurityGroup(props: BlueGreenServiceProps) {
    const { serviceName, vpcId, transform } = props;
    const group = { namePrefix: `${serviceName}-tasks-`, description: `Tasks of ${serviceName}`, vpcId };
    const securityGroup = new SecurityGroup(this, "TaskSecurityGroup", applyTransform(group, transform?.securityGroup));
    const open = (port: number) =>
      new VpcSecurityGroupIngressRule(this, `FromLoadBalancer-${port}`, {
        securityGroupId: securityGroup.id,
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
        referencedSecurityGroupId: this.traffic.securityGroup.id,
        // Terraform closes a port only after the tasks on it are gone.
        lifecycle: { createBeforeDestroy: true },
      });
    const fromLoadBalancer = new Map(portsOf(props).map((port) => [port, open(port)]));
    new VpcSecurityGroupEgressRule(this, "ToAnywhere", {
      securityGroupId: securityGroup.id,
      description: "Registry, AWS and what the application uses",
      ipProtocol: "-1",
      cidrIpv4: "0.0.0.0/0",
    });
    return { securityGroup, fromLoadBalancer };
  }
}

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html (Name) */
const SERVICE_NAME = /^(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/;
const PRODUCTION_PORTS = [80, 443];
/**
 * Memory that Fargate offers for each CPU size, MiB: lowest, highest, step. Source: Amazon ECS Developer Guide,
 * "Fargate task definition considerations", "Task CPU and memory".
 */
const FARGATE_MEMORY: Readonly<Record<number, readonly [number, number, number]>> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16384, 1024],
  4096: [8192, 30720, 1024],
  8192: [16384, 61440, 4096],
  16384: [32768, 122880, 8192],
};
/** Source: CloudWatch Logs API, PutRetentionPolicy. */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/blue-green.md` */
function validateBlueGreenService(props: BlueGreenServiceProps, construct: Construct): void {
  validateAcknowledgements(props.acknowledge, ["PlaintextWithoutReason", "LiteralSecretValue"], construct);
  requireName(props, construct);
  requireImages(props, construct);
  requireNetwork(props, construct);
  requireTasks(props, construct);
  requireTimes(props, construct);
  requireReferences(props, construct);
  requireTls(props, construct);
  refuseUnusedTransforms(construct, props.transform, {
    taskRole: props.taskRoleArn !== undefined && "taskRoleArn names a role that exists already",
    redirectListener: props.certificateArn === undefined && "there is no certificateArn, and so no redirect to HTTPS",
  });
}

function requireTls({ certificateArn, internal, acknowledge }: BlueGreenServiceProps, construct: Construct): void {
  const accepted = isAcknowledged(acknowledge, "PlaintextWithoutReason");
  if (certificateArn !== undefined) {
    if (!accepted) return;
    const message =
      "acknowledge names PlaintextWithoutReason, and certificateArn makes both listeners use TLS. Remove it.";
    report(construct, "NothingToAcknowledge", message);
    return;
  }
  if (accepted && internal === true) return;
  const message = `certificateArn is missing, so requests would not be encrypted; write the ARN of an ACM certificate, or internal: true and ${acknowledgement("PlaintextWithoutReason")}`;
  report(construct, "PlaintextWithoutReason", message);
}

/** A literal value would be visible in the task definition, the plan and the state. */
function requireReferences(
  { environmentVariables: environment = {}, secrets = {}, acknowledge = {} }: BlueGreenServiceProps,
  construct: Construct,
): void {
  const { LiteralSecretValue } = acknowledge;
  const literal = LiteralSecretValue === undefined ? undefined : { LiteralSecretValue };
  refuseLiteralSecrets(construct, environment, "environmentVariables", literal);
  for (const [name, secret] of Object.entries(secrets)) {
    attempt(construct, () => naming(name, construct, () => containerSecret(secret)));
    if (typeof secret !== "string" || isUnresolved(secret) || secret.startsWith("arn:")) continue;
    const message = `the secret ${name} is plain text and not an ARN; write SecretReference.aws("arn:aws:secretsmanager:…", { key }), or rotatingSecret.reference(key)`;
    report(construct, "LiteralSecretValue", message);
  }
  const twice = Object.keys(environment).find((name) => Object.hasOwn(secrets, name));
  if (twice === undefined) return;
  const message = `${twice} is in \`environmentVariables\` and in \`secrets\`; keep one of them`;
  report(construct, "InvalidEnvironmentVariable", message);
}

function requireName({ serviceName }: BlueGreenServiceProps, construct: Construct): void {
  if (isUnresolved(serviceName) || SERVICE_NAME.test(serviceName)) return;
  const message = `serviceName is "${serviceName}", which a load balancer cannot be called; write 1 to 32 letters, digits and hyphens, without a hyphen at either end and without "internal-" at the beginning`;
  report(construct, "InvalidServiceName", message);
}

function requireNetwork(props: BlueGreenServiceProps, construct: Construct): void {
  const { loadBalancerSubnetIds, subnetIds, containerPort, rollout, testPort = 8443 } = props;
  if (!isUnresolved(loadBalancerSubnetIds) && new Set(loadBalancerSubnetIds).size < 2) {
    const message = `a load balancer needs subnets in at least two availability zones, got ${loadBalancerSubnetIds.length}: list two or more in \`loadBalancerSubnetIds\``;
    report(construct, "TooFewSubnets", message);
  }
  if (!isUnresolved(subnetIds) && subnetIds.length === 0) {
    report(construct, "TooFewSubnets", "tasks need a subnet: list one or more in `subnetIds`");
  }
  const byRelease = typeof containerPort === "number" || isUnresolved(containerPort) ? undefined : containerPort;
  for (const color of byRelease ? rollout.colors : []) {
    const release = rollout.releaseOf(color)!;
    if (byRelease![release] !== undefined) continue;
    const message = `${color} runs release ${release}, and \`containerPort\` has no port for it; add "${release}": 8080`;
    report(construct, "InvalidPort", message);
  }
  const entries = Object.entries(byRelease ?? {}).map(([release, port]) => [`containerPort["${release}"]`, port]);
  const ports = (byRelease ? Object.fromEntries(entries) : { containerPort }) as Record<string, number>;
  requirePorts({ ...ports, testPort }, construct);
  if (PRODUCTION_PORTS.includes(testPort)) {
    const message = `testPort is ${testPort}, which serves the live color; use another port, such as 8443`;
    report(construct, "TestListenerLive", message);
  }
}

function requireTasks(props: BlueGreenServiceProps, construct: Construct): void {
  const { minTasks = 2, maxTasks = 10, targetCpuPercent = 60, cpu = 256, memory, errorPercent = 1 } = props;
  const integers = [minTasks, maxTasks].every((count) => isUnresolved(count) || Number.isInteger(count));
  if (!integers || minTasks < 1 || maxTasks < minTasks) {
    const message = `each color has ${minTasks} to ${maxTasks} tasks; write whole numbers, at least 1, and \`maxTasks\` not below \`minTasks\``;
    report(construct, "InvalidTaskCount", message);
  }
  for (const [name, percent] of Object.entries({ targetCpuPercent, errorPercent })) {
    if (isUnresolved(percent) || (percent > 0 && percent <= 100)) continue;
    report(construct, "InvalidPercent", `\`${name}\` is ${percent}; it is more than 0, at most 100`);
  }
  const mebibytes = memory?.toMebibytes() ?? 512;
  const [lowest, highest, step] = FARGATE_MEMORY[cpu]!;
  // 256 units support 512, 1024 and 2048 MiB, but not 1536.
  const offered = mebibytes >= lowest && mebibytes <= highest && mebibytes % step === 0 && mebibytes !== 1536;
  if (offered) return;
  const steps = cpu === 256 ? "512, 1024 or 2048 MiB" : `${lowest} to ${highest} MiB in steps of ${step}`;
  const message = `Fargate does not offer ${mebibytes} MiB of memory for ${cpu} CPU units; it offers ${steps}`;
  report(construct, "InvalidFargateSize", message);
}

/** Sources: Elastic Load Balancing API, "TargetGroupAttribute" and "TargetGroupStickinessConfig"; "CreateTargetGroup". */
function requireTimes(props: BlueGreenServiceProps, construct: Construct): void {
  const limits = {
    healthCheckInterval: [5, 300],
    deregistrationDelay: [0, 3600],
    stickiness: [1, 604_800],
  } as const;
  for (const [name, [shortest, longest]] of Object.entries(limits)) {
    const time = props[name as keyof typeof limits];
    if (time === undefined) continue;
    const seconds = time.toSeconds({ integral: false });
    if (Number.isInteger(seconds) && seconds >= shortest && seconds <= longest) continue;
    const message = `\`${name}\` is ${time}; the load balancer takes ${shortest} to ${longest} whole seconds`;
    report(construct, "InvalidLoadBalancerTime", message);
  }
  const days = props.logRetention?.toDays({ integral: false }) ?? 30;
  if (LOG_RETENTION_DAYS.includes(days)) return;
  const message = `\`logRetention\` is ${days} days; CloudWatch offers ${LOG_RETENTION_DAYS.join(", ")}`;
  report(construct, "InvalidLogRetention", message);
}
