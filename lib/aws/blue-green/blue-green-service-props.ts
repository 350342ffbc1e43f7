import type { AppautoscalingTargetConfig } from "@cdktf/provider-aws/lib/appautoscaling-target";
import type { EcsServiceConfig } from "@cdktf/provider-aws/lib/ecs-service";
import type { EcsTaskDefinitionConfig } from "@cdktf/provider-aws/lib/ecs-task-definition";
import type { LbConfig } from "@cdktf/provider-aws/lib/lb";
import type { LbTargetGroupConfig } from "@cdktf/provider-aws/lib/lb-target-group";
import type { AwsSecretReference } from "../../core/references";
import type { Duration } from "../../core/duration";
import type { Size } from "../../core/size";
import type { Transform } from "../../core/refactoring";
import type { BlueGreenServiceBaseProps } from "../../blue-green/service-rules";

/** Options of `BlueGreenService`. */
export interface BlueGreenServiceProps extends BlueGreenServiceBaseProps {
  /** Name of the service: 1 to 26 lower-case letters, digits and hyphens; `-green` makes it a target group's name. */
  readonly serviceName: string;

  /** Image of each release, by digest: `{ "1.2.0": "registry.example.org/shop@sha256:…" }`. */
  readonly images: Readonly<Record<string, string>>;

  /** ARN of the ECS cluster. */
  readonly clusterArn: string;

  /** VPC of the load balancer and the tasks. */
  readonly vpcId: string;

  /** Subnets of the tasks; private ones with a way to the registry. */
  readonly subnetIds: readonly string[];

  /** Subnets of the load balancer, in at least two availability zones. */
  readonly loadBalancerSubnetIds: readonly string[];

  /** ARN of the ACM certificate of both HTTPS listeners. */
  readonly certificateArn: string;

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
   * Time between two health checks of a task; two good ones make it healthy, three bad ones take it out.
   * @default Duration.seconds(10)
   */
  readonly healthCheckInterval?: Duration;

  /**
   * How long a task goes on serving the requests it has when it is taken out.
   * @default Duration.seconds(60)
   */
  readonly deregistrationDelay?: Duration;

  /**
   * How long a client stays with the color that first served it, during a canary: 1 second to 7 days.
   * @default - each request is shared out anew
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
   * @default - nobody is notified; ECS and `sterna rollout` look at the alarms themselves
   */
  readonly alarmTopicArns?: readonly string[];

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
   * Changes to what is emitted, for what the options do not say. What a transform changes is not validated.
   * @default - none
   */
  readonly transform?: BlueGreenServiceTransform;
}

/** The way out of the defaults of a `BlueGreenService`; those of a color are used for both. */
export interface BlueGreenServiceTransform {
  /** @default - as documented */
  readonly loadBalancer?: Transform<LbConfig>;

  /** @default - as documented */
  readonly targetGroup?: Transform<LbTargetGroupConfig>;

  /** @default - as documented */
  readonly taskDefinition?: Transform<EcsTaskDefinitionConfig>;

  /** @default - as documented */
  readonly service?: Transform<EcsServiceConfig>;

  /** @default - as documented */
  readonly scalableTarget?: Transform<AppautoscalingTargetConfig>;
}
