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
  /** Name of the service and its load balancer: 1 to 32 letters, digits and hyphens. */
  readonly serviceName: string;

  /** Image of each release, by digest: `{ "1.2.0": "registry.example.org/shop@sha256:…" }`. */
  readonly images: Readonly<Record<string, string>>;

  /**
   * TCP port on which the container serves HTTP; or one for each release: `{ "1.0.0": 8080, "1.1.0": 9090 }`. The tasks of
   * each color are reached on their own port, so a new port comes with a release.
   */
  readonly containerPort: number | Readonly<Record<string, number>>;

  /** ARN of the ECS cluster. */
  readonly clusterArn: string;

  /** VPC of the load balancer and the tasks. */
  readonly vpcId: string;

  /** Subnets of the tasks; private ones with a way to the registry. */
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
   * none (`LiteralSecretValue`).
   * @default - `certificateArn` is required, and secrets in `environmentVariables` are refused
   */
  readonly acknowledge?: Acknowledgements<"PlaintextWithoutReason" | "LiteralSecretValue">;

  /**
   * CPU of a task in CPU units: 1024 are one vCPU.
   * @default 256
   */
  readonly cpu?: 256 | 512 | 1024 | 2048 | 4096 | 8192 | 16384;

  /**
   * Memory of a task, as Fargate offers it for the CPU.
   * @default Size.mebibytes(512)
   */
  readonly memory?: Size;

  /**
   * Environment variables that ECS takes from Secrets Manager: `rotatingSecret.reference("url")`, or
   * `SecretReference.aws("arn:…", { key: "url" })`; or the text that ECS knows, `arn:…:key::`. The value appears neither in
   * Terraform nor in the task definition.
   * @default - none
   */
  readonly secrets?: Readonly<Record<string, AwsSecretReference | string>>;

  /**
   * ARNs of KMS keys of your own that encrypt `secrets` given as text: secrets of Secrets Manager, or SecureString
   * parameters of Systems Manager. A reference brings its key along.
   * @default - none: the keys that AWS manages, `aws/secretsmanager` and `aws/ssm`
   */
  readonly secretKmsKeyArns?: readonly string[];

  /**
   * ARN of the role that the application runs as.
   * @default - a role without permissions
   */
  readonly taskRoleArn?: string;

  /**
   * Path that answers 200 as long as a task works.
   * @default "/health"
   */
  readonly healthCheckPath?: string;

  /**
   * Time between two health checks of a task: two that succeed make it healthy, three that fail take it out.
   * @default Duration.seconds(10)
   */
  readonly healthCheckInterval?: Duration;

  /**
   * How long a task may finish its requests when it is taken out.
   * @default Duration.seconds(60)
   */
  readonly deregistrationDelay?: Duration;

  /**
   * How long a client stays with the color that first served it, during a canary: 1 second to 7 days.
   * @default - every request is routed anew
   */
  readonly stickiness?: Duration;

  /**
   * Least number of tasks of each color.
   * @default 2
   */
  readonly minTasks?: number;

  /**
   * Largest number of tasks of each color.
   * @default 10
   */
  readonly maxTasks?: number;

  /**
   * CPU use, in percent, that autoscaling aims for.
   * @default 60
   */
  readonly targetCpuPercent?: number;

  /**
   * How long a phase has to stand without an alarm before `sterna rollout` lets the next one begin.
   * @default Duration.minutes(10)
   */
  readonly bakeTime?: Duration;

  /**
   * Share of responses with a status of 5xx, in percent, from which a color's alarm goes off.
   * @default 1
   */
  readonly errorPercent?: number;

  /**
   * ARNs of SNS topics that alarms notify.
   * @default - no notification; ECS and `sterna rollout` read the alarms
   */
  readonly alarmTopicArns?: readonly string[];

  /**
   * Whether Terraform and AWS refuse to destroy the load balancer, and Terraform to replace the target group of a color
   * with traffic. Apply `false` before you destroy the service, or change its VPC.
   * @default true
   */
  readonly deletionProtection?: boolean;

  /**
   * Whether the load balancer is reachable from within the VPC only.
   * @default false
   */
  readonly internal?: boolean;

  /**
   * Who may use the service, as CIDR blocks.
   * @default - everybody: ["0.0.0.0/0"]
   */
  readonly allowedCidrBlocks?: readonly string[];

  /**
   * Port of the test listener, which reaches the color without traffic over HTTPS.
   * @default 8443
   */
  readonly testPort?: number;

  /**
   * Who may use the test listener, as CIDR blocks.
   * @default - nobody
   */
  readonly testCidrBlocks?: readonly string[];

  /**
   * How long logs are kept: a number of days that CloudWatch offers.
   * @default Duration.days(30)
   */
  readonly logRetention?: Duration;

  /**
   * Changes what is passed to the resources inside. What a transform changes is not validated; one for a resource that
   * the other options leave out is refused.
   * @default - nothing is changed
   */
  readonly transform?: BlueGreenServiceTransform;
}

/** As `Transform`; a function is also told the color. */
export type ColorTransform<Config> = Partial<Config> | ((config: Config, color: Color) => Config);

/** One hook for each resource of a `BlueGreenService`; those of a color are called for each color. */
export interface BlueGreenServiceTransform {
  /** @default - unchanged */
  readonly loadBalancer?: Transform<LbConfig>;

  /** The listener for users. @default - unchanged */
  readonly listener?: Transform<LbListenerConfig>;

  /** The listener that reaches the idle color. @default - unchanged */
  readonly testListener?: Transform<LbListenerConfig>;

  /** The listener that leads from HTTP to HTTPS. @default - unchanged */
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

/** Port of the tasks of a color; nothing for a color that does not exist. */
export function portOf(
  { containerPort, rollout }: Pick<BlueGreenServiceProps, "containerPort" | "rollout">,
  color: Color,
): number | undefined {
  const release = rollout.releaseOf(color);
  if (release === undefined) return undefined;
  return typeof containerPort === "number" ? containerPort : containerPort[release];
}
