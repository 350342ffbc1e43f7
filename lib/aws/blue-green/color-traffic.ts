import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbListener, type LbListenerConfig } from "@cdktf/provider-aws/lib/lb-listener";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Construct } from "constructs";
import type { Duration } from "../../core/duration";
import { applyTransform } from "../../core/refactoring";
import { COLORS, type Color, type Rollout } from "../../manifest/rollout";
import { applyColorTransform, type BlueGreenServiceProps, portOf } from "./blue-green-service-props";

/**
 * TLS 1.2 and 1.3 only.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
export const TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06";

type TrafficProps = Omit<BlueGreenServiceProps, "images">;

/**
 * The load balancer for two colors: a listener that splits traffic by the phase of the rollout, one that redirects HTTP
 * to HTTPS, and one for tests, which always reaches the idle color.
 *
 * Both target groups always exist, so only weights change when traffic moves.
 */
export class ColorTraffic extends Construct {
  /** The load balancer. */
  readonly resource: Lb;

  /** Security group of the load balancer, for the rules of the tasks. */
  readonly securityGroup: SecurityGroup;

  /** The listener for user traffic. */
  readonly listener: LbListener;

  /** The listener that reaches the idle color. */
  readonly testListener: LbListener;

  /** The rules that allow requests to the tasks, by port. */
  readonly toTasks: ReadonlyMap<number, VpcSecurityGroupEgressRule>;

  private readonly targetGroups: Readonly<Record<Color, LbTargetGroup>>;

  /** @internal */
  constructor(scope: Construct, id: string, props: TrafficProps) {
    super(scope, id);
    const { serviceName, rollout, testPort = 8443 } = props;
    const group = {
      namePrefix: `${serviceName}-load-balancer-`,
      description: `Load balancer of ${serviceName}`,
      vpcId: props.vpcId,
    };
    this.securityGroup = new SecurityGroup(
      this,
      "SecurityGroup",
      applyTransform(group, props.transform?.securityGroup),
    );
    const everybody = props.allowedCidrBlocks ?? ["0.0.0.0/0"];
    this.allow("Http", 80, everybody);
    if (props.certificateArn !== undefined) this.allow("Https", 443, everybody);
    this.allow("Test", testPort, props.testCidrBlocks ?? []);
    this.toTasks = new Map(
      portsOf(props).map((port) => [
        port,
        new VpcSecurityGroupEgressRule(this, `ToTasks-${port}`, {
          securityGroupId: this.securityGroup.id,
          description: "Requests and health checks to tasks",
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
          cidrIpv4: "0.0.0.0/0",
          // Terraform closes a port only after the tasks on it are gone.
          lifecycle: { createBeforeDestroy: true },
        }),
      ]),
    );
    const { deletionProtection = true } = props;
    this.resource = new Lb(
      this,
      "Resource",
      applyTransform(
        {
          name: serviceName,
          loadBalancerType: "application",
          internal: props.internal ?? false,
          securityGroups: [this.securityGroup.id],
          subnets: [...props.loadBalancerSubnetIds],
          dropInvalidHeaderFields: true,
          enableDeletionProtection: deletionProtection,
          // A change of the name or of `internal` would replace the load balancer. The plan fails instead of the apply.
          lifecycle: { preventDestroy: deletionProtection },
        },
        props.transform?.loadBalancer,
      ),
    );
    this.targetGroups = { blue: this.addTargetGroup("blue", props), green: this.addTargetGroup("green", props) };
    if (props.certificateArn !== undefined) {
      const redirect = {
        loadBalancerArn: this.resource.arn,
        port: 80,
        protocol: "HTTP",
        defaultAction: [{ type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } }],
      };
      new LbListener(this, "Redirect", applyTransform(redirect, props.transform?.redirectListener));
    }
    // Only while traffic is shared: later it would keep clients on the color that first served them.
    const stickiness = rollout.phase === "canary" ? props.stickiness : undefined;
    const { certificateArn, transform } = props;
    const port = certificateArn === undefined ? 80 : 443;
    const live = this.forwarding(port, certificateArn, rollout.weights, stickiness);
    this.listener = new LbListener(this, "Listener", applyTransform(live, transform?.listener));
    const test = this.forwarding(testPort, certificateArn, onlyTo(rollout));
    this.testListener = new LbListener(this, "TestListener", applyTransform(test, transform?.testListener));
  }

  /** ARN of the target group that a color's tasks register with. */
  targetGroupArn(color: Color): string {
    return this.targetGroups[color].arn;
  }

  /** Name of the color's target group in CloudWatch. */
  targetGroupArnSuffix(color: Color): string {
    return this.targetGroups[color].arnSuffix;
  }

  private allow(id: string, port: number, cidrBlocks: readonly string[]): void {
    for (const [index, cidrIpv4] of cidrBlocks.entries()) {
      new VpcSecurityGroupIngressRule(this, index === 0 ? id : `${id}${index}`, {
        securityGroupId: this.securityGroup.id,
        description: `${id} from ${cidrIpv4}`,
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
        cidrIpv4,
      });
    }
  }

  private addTargetGroup(color: Color, props: TrafficProps): LbTargetGroup {
    const { serviceName, rollout, deletionProtection = true } = props;
    const config = applyColorTransform(
      {
        // Target group names are unique, so one with a fixed name could not be replaced while a listener uses it.
        namePrefix: `${serviceName}-${color}`.slice(0, 6),
        targetType: "ip",
        protocol: "HTTP",
        // Only a default: ECS registers each task with the port of its container.
        port: portOf(props, color) ?? portOf(props, rollout.live)!,
        vpcId: props.vpcId,
        deregistrationDelay: String(props.deregistrationDelay?.toSeconds() ?? 60),
        healthCheck: {
          path: props.healthCheckPath ?? "/health",
          interval: props.healthCheckInterval?.toSeconds() ?? 10,
          timeout: Math.min(5, (props.healthCheckInterval?.toSeconds() ?? 10) - 1),
          healthyThreshold: 2,
          unhealthyThreshold: 3,
          matcher: "200",
        },
        tags: { Name: `${serviceName}-${color}` },
        lifecycle: {
          createBeforeDestroy: true,
          ignoreChanges: ["port"],
          // A new target group is empty until ECS has started tasks in it: after a change of VPC or protocol, a color
          // with traffic would answer with 503.
          preventDestroy: deletionProtection && rollout.weights[color] > 0,
        },
      },
      props.transform?.targetGroup,
      color,
    );
    const named = config.name === undefined ? config : { ...config, namePrefix: undefined };
    return new LbTargetGroup(this, `TargetGroup-${color}`, named);
  }

  private forwarding(
    port: number,
    certificateArn: string | undefined,
    weights: Readonly<Record<Color, number>>,
    stickiness?: Duration,
  ): LbListenerConfig {
    return {
      loadBalancerArn: this.resource.arn,
      port,
      ...(certificateArn === undefined
        ? { protocol: "HTTP" }
        : { protocol: "HTTPS", sslPolicy: TLS_POLICY, certificateArn }),
      defaultAction: [
        {
          type: "forward",
          forward: {
            // Always both: ECS cannot register tasks with a target group that no listener uses.
            targetGroup: COLORS.map((color) => ({
              arn: this.targetGroups[color].arn,
              weight: weights[color],
            })),
            ...(stickiness && { stickiness: { enabled: true, duration: stickiness.toSeconds() } }),
          },
        },
      ],
    };
  }
}

/** Ports of the colors that exist, without duplicates. */
export function portsOf(props: Pick<BlueGreenServiceProps, "containerPort" | "rollout">): number[] {
  return [...new Set(props.rollout.colors.map((color) => portOf(props, color)!))].sort((one, other) => one - other);
}

/** Sends all test traffic to the idle color. */
function onlyTo({ idle }: Rollout): Readonly<Record<Color, number>> {
  return { blue: idle === "blue" ? 100 : 0, green: idle === "green" ? 100 : 0 };
}
