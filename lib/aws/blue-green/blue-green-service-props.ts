import type { AppautoscalingPolicyConfig } from "@cdktf/provider-aws/lib/appautoscaling-policy";
import type { AppautoscalingTargetConfig } from "@cdktf/provider-aws/lib/appautoscaling-target";
import type { CloudwatchLogGroupConfig } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import type { CloudwatchMetricAlarmConfig } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import type { EcsServiceConfig } from "@cdktf/provider-aws/lib/ecs-service";
import type { EcsTaskDefinitionConfig } from "@cdktf/provider-aws/lib/ecs-task-definition";
import type { IamRoleConfig } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicyConfig } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { LbConfig } from "@cdktf/provider-aws/lib/lb";
import type { LbListenerConfig } from "@cdktf/provider-aws/lib/lb-listener";
import type { LbTargetGroupConfig } from "@cdktf/provider-aws/lib/lb-target-group";
import type { SecurityGroupConfig } from "@cdktf/provider-aws/lib/security-group";
import type { Acknowledgements } from "../../core/acknowledge";
import type { AwsSecretReference } from "../../core/references";
import type { Duration } from "../../core/duration";
import type { Size } from "../../core/size";
import { applyTransform, type Transform } from "../../core/refactoring";
import type { BlueGreenServiceBaseProps } from "../../blue-green/service-rules";
import type { Color } from "../../manifest/rollout";

/** Options of `BlueGreenService`. */
export interface BlueGreenServiceProps extends BlueGreenServiceBaseProps {
  /**
   * Name of the service and its load balancer: 1 to 32 letters, digits and hyphens. A plan that changes it later is
   * refused, unless `deletionProtection` is off.
   */
  readonly serviceName: string;

  /** Image of each release, by digest: `{ "1.2.0": "registry.example.org/shop@sha256:…" }`. */
  readonly images: Readonly<Record<string, string>>;

  /**
   * TCP port on which the container serves HTTP, or one port for each release: `{ "1.0.0": 8080, "1.1.0": 9090 }`. Each
   * color has its own port, so a new port is deployed with a release.
   */
  readonly containerPort: number | Readonly<Record<string, number>>;

  /** ARN of the ECS cluster. A plan that changes it later is refused, unless `deletionProtection` is off. */
  readonly clusterArn: string;

  /** VPC of the load balancer and the tasks. */
  readonly vpcId: string;

  /** Subnets of the tasks: private ones that can reach the registry. */
  readonly subnetIds: readonly string[];

  /** Subnets of the load balancer, in at least two availability zones. */
  readonly loadBalancerSubnetIds: readonly string[];

  /**
   * ARN of the ACM certificate of both HTTPS listeners.
   * @default - plain HTTP on port 80, for an `internal` load balancer and with a reason for `PlaintextWithoutReason`
   */
  readonly certificateArn?: string;

  /**
   * Why requests inside the VPC need no TLS (`PlaintextWithoutReason`), and why a variable that looks like a secret is
   * not one (`LiteralSecretValue`).
   * @default - `certificateArn` is required, and secrets in `environmentVariables` are refused
   */
  readonly acknowledge?: Acknowledgements<"PlaintextWithoutReason" | "LiteralSecretValue">;

  /**
   * CPU of a task in CPU units: 1024 units are one vCPU.
   * @default 256
   */
  readonly cpu?: 256 | 512 | 1024 | 2048 | 4096 | 8192 | 16384;

  /**
   * Memory of a task: a size that Fargate offers for the CPU.
   * @default Size.mebibytes(512)
   */
  readonly memory?: Size;

  /**
   * Environment variables that ECS reads from Secrets Manager: `rotatingSecret.reference("url")`,
   * `SecretReference.aws("arn:…", { key: "url" })`, or the ECS syntax, `arn:…:key::`. The value appears neither in
   * Terraform nor in the task definition.
   * @default - none
   */
  readonly secrets?: Readonly<Record<string, AwsSecretReference | string>>;

  /**
   * ARNs of your own KMS keys that encrypt `secrets` given as text: secrets of Secrets Manager, or SecureString
   * parameters of Systems Manager. A reference includes its key.
   * @default - none: the AWS managed keys, `aws/secretsmanager` and `aws/ssm`
   */
  readonly secretKmsKeyArns?: readonly string[];

  /**
   * ARN of the role that the application runs as.
   * @default - a role without permissions
   */
  readonly taskRoleArn?: string;

  /**
   * Path that answers 200 while a task is healthy.
   * @default "/health"
   */
  readonly healthCheckPath?: string;

  /**
   * Time between two health checks of a task: two successes make it healthy, three failures make it unhealthy.
   * @default Duration.seconds(10)
   */
  readonly healthCheckInterval?: Duration;

  /**
   * How long a deregistered task may finish its requests.
   * @default Duration.seconds(60)
   */
  readonly deregistrationDelay?: Duration;

  /**
   * How long a client stays with the color that first served it, during a canary: 1 second to 7 days.
   * @default - each request is routed independently
   */
  readonly stickiness?: Duration;

  /**
   * Minimum number of tasks of each color.
   * @default 2
   */
  readonly minTasks?: number;

  /**
   * Maximum number of tasks of each color.
   * @default 10
   */
  readonly maxTasks?: number;

  /**
   * CPU use, in percent, that autoscaling targets.
   * @default 60
   */
  readonly targetCpuPercent?: number;

  /**
   * How long a phase must run without an alarm before `sterna rollout` starts the next one.
   * @default Duration.minutes(10)
   */
  readonly bakeTime?: Duration;

  /**
   * Share of 5xx responses, in percent, at which a color's alarm goes off.
   * @default 1
   */
  readonly errorPercent?: number;

  /**
   * ARNs of SNS topics that the alarms notify.
   * @default - no notification; ECS and `sterna rollout` read the alarms
   */
  readonly alarmTopicArns?: readonly string[];

  /**
   * Whether Terraform and AWS refuse to destroy the load balancer, and Terraform refuses to replace the target group of
   * a color with traffic. Apply `false` before you destroy the service or change its VPC.
   * @default true
   */
  readonly deletionProtection?: boolean;

  /**
   * Whether the load balancer is reachable only from within the VPC. A change would replace the load balancer.
   * @default false
   */
  readonly internal?: boolean;

  /**
   * CIDR blocks that may reach the service.
   * @default - everyone: ["0.0.0.0/0"]
   */
  readonly allowedCidrBlocks?: readonly string[];

  /**
   * Port of the HTTPS test listener, which forwards to the color without traffic.
   * @default 8443
   */
  readonly testPort?: number;

  /**
   * CIDR blocks that may reach the test listener.
   * @default - none
   */
  readonly testCidrBlocks?: readonly string[];

  /**
   * How long logs are kept: a number of days that CloudWatch supports.
   * @default Duration.days(30)
   */
  readonly logRetention?: Duration;

  /**
   * Changes the configuration of the resources inside. The result is not validated. A transform for a resource that the
   * other options leave out is refused.
   * @default - nothing is changed
   */
  readonly transform?: BlueGreenServiceTransform;
}

/** Like `Transform`, but a function also receives the color. */
export type ColorTransform<Config> = Partial<Config> | ((config: Config, color: Color) => Config);

/** One hook for each resource of a `BlueGreenService`. Hooks for a color's resources run for each color. */
export interface BlueGreenServiceTransform {
  /** @default - unchanged */
  readonly loadBalancer?: Transform<LbConfig>;

  /** The listener for users. @default - unchanged */
  readonly listener?: Transform<LbListenerConfig>;

  /** The listener for the idle color. @default - unchanged */
  readonly testListener?: Transform<LbListenerConfig>;

  /** The listener that redirects HTTP to HTTPS. @default - unchanged */
  readonly redirectListener?: Transform<LbListenerConfig>;

  /** Both security groups. @default - unchanged */
  readonly securityGroup?: Transform<SecurityGroupConfig>;

  /** @default - unchanged */
  readonly targetGroup?: ColorTransform<LbTargetGroupConfig>;

  /** @default - unchanged */
  readonly taskDefinition?: ColorTransform<EcsTaskDefinitionConfig>;

  /** @default - unchanged */
  readonly service?: ColorTransform<EcsServiceConfig>;

  /** @default - unchanged */
  readonly scalableTarget?: ColorTransform<AppautoscalingTargetConfig>;

  /** @default - unchanged */
  readonly scalingPolicy?: ColorTransform<AppautoscalingPolicyConfig>;

  /** Every alarm. @default - unchanged */
  readonly alarm?: ColorTransform<CloudwatchMetricAlarmConfig>;

  /** @default - unchanged */
  readonly log?: Transform<CloudwatchLogGroupConfig>;

  /** The role that ECS starts tasks with. @default - unchanged */
  readonly executionRole?: Transform<IamRoleConfig>;

  /** @default - unchanged */
  readonly executionRolePolicy?: Transform<IamRolePolicyConfig>;

  /** The role that the application runs as. @default - unchanged */
  readonly taskRole?: Transform<IamRoleConfig>;
}

/** The configuration of a color after the transform. */
export function applyColorTransform<Config extends object>(
  config: Config,
  transform: ColorTransform<Config> | undefined,
  color: Color,
): Config {
  return typeof transform === "function" ? transform(config, color) : applyTransform(config, transform);
}

/** Port of the tasks of a color. Undefined for a color that does not exist. */
export function portOf(
  { containerPort, rollout }: Pick<BlueGreenServiceProps, "containerPort" | "rollout">,
  color: Color,
): number | undefined {
  const release = rollout.releaseOf(color);
  if (release === undefined) return undefined;
  return typeof containerPort === "number" ? containerPort : containerPort[release];
}
