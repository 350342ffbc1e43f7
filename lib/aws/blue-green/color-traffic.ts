import { Lb } from "@cdktf/provider-aws/lib/lb";
import { LbListener } from "@cdktf/provider-aws/lib/lb-listener";
import { LbTargetGroup } from "@cdktf/provider-aws/lib/lb-target-group";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Construct } from "constructs";
import type { Duration } from "../../core/duration";
import { applyTransform } from "../../core/refactoring";
import { COLORS, type Color, type Rollout } from "../../manifest/rollout";
import type { BlueGreenServiceProps } from "./blue-green-service-props";

/** The newest predefined policy with TLS 1.2 and 1.3 only. Source: ELB User Guide, "Security policies for your ALB". */
export const TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06";

type TrafficProps = Omit<BlueGreenServiceProps, "images">;

/**
 * The load balancer before two colors: a listener that shares the traffic out as the phase of the rollout says, one
 * that leads from HTTP to HTTPS, and one for tests, which always reaches the color without the most traffic.
 *
 * The target groups of both colors are always there, so that only weights change when traffic moves.
 */
export class ColorTraffic extends Construct {
  /** The load balancer. */
  readonly resource: Lb;

  /** Security group of the load balancer, for the rules of the tasks. */
  readonly securityGroup: SecurityGroup;

  /** The listener that the users' traffic comes through. */
  readonly listener: LbListener;

  /** The listener that reaches the idle color. */
  readonly testListener: LbListener;

  private readonly targetGroups: Readonly<Record<Color, LbTargetGroup>>;

  /** @internal */
  constructor(scope: Construct, id: string, props: TrafficProps) {
    super(scope, id);
    const { serviceName, rollout, testPort = 8443 } = props;
    this.securityGroup = new SecurityGroup(this, "SecurityGroup", {
      name: `${serviceName}-load-balancer`,
      description: `Load balancer of ${serviceName}`,
      vpcId: props.vpcId,
    });
    const everybody = props.allowedCidrBlocks ?? ["0.0.0.0/0"];
    this.allow("Http", 80, everybody);
    this.allow("Https", 443, everybody);
    this.allow("Test", testPort, props.testCidrBlocks ?? []);
    new VpcSecurityGroupEgressRule(this, "ToTasks", {
      securityGroupId: this.securityGroup.id,
      description: "Requests and health checks to tasks",
      ipProtocol: "tcp",
      fromPort: props.containerPort,
      toPort: props.containerPort,
      cidrIpv4: "0.0.0.0/0",
    });
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
          enableDeletionProtection: true,
        },
        props.transform?.loadBalancer,
      ),
    );
    this.targetGroups = { blue: this.addTargetGroup("blue", props), green: this.addTargetGroup("green", props) };
    new LbListener(this, "Redirect", {
      loadBalancerArn: this.resource.arn,
      port: 80,
      protocol: "HTTP",
      defaultAction: [{ type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } }],
    });
    // Only while traffic is shared: later it would hold clients back at the color that they first met.
    const stickiness = rollout.phase === "canary" ? props.stickiness : undefined;
    this.listener = this.addHttps("Listener", 443, props.certificateArn, rollout.weights, stickiness);
    this.testListener = this.addHttps("TestListener", testPort, props.certificateArn, onlyTo(rollout));
  }

  /** ARN of the target group that a color's tasks register with. */
  targetGroupArn(color: Color): string {
    return this.targetGroups[color].arn;
  }

  /** What CloudWatch calls the target group of a color. */
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
    return new LbTargetGroup(
      this,
      `TargetGroup-${color}`,
      applyTransform(
        {
          name: `${props.serviceName}-${color}`,
          targetType: "ip",
          protocol: "HTTP",
          port: props.containerPort,
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
        },
        props.transform?.targetGroup,
      ),
    );
  }

  private addHttps(
    id: string,
    port: number,
    certificateArn: string,
    weights: Readonly<Record<Color, number>>,
    stickiness?: Duration,
  ): LbListener {
    return new LbListener(this, id, {
      loadBalancerArn: this.resource.arn,
      port,
      protocol: "HTTPS",
      sslPolicy: TLS_POLICY,
      certificateArn,
      defaultAction: [
        {
          type: "forward",
          forward: {
            // Both, always: a target group that no listener knows takes no tasks.
            targetGroup: COLORS.map((color) => ({
              arn: this.targetGroups[color].arn,
              weight: weights[color],
            })),
            ...(stickiness && { stickiness: { enabled: true, duration: stickiness.toSeconds() } }),
          },
        },
      ],
    });
  }
}

/** All of the tests' traffic to the idle color. */
function onlyTo({ idle }: Rollout): Readonly<Record<Color, number>> {
  return { blue: idle === "blue" ? 100 : 0, green: idle === "green" ? 100 : 0 };
}
