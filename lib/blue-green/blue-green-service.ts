import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { DataAwsRegion } from "@cdktf/provider-aws/lib/data-aws-region";
import { SecurityGroup } from "@cdktf/provider-aws/lib/security-group";
import { VpcSecurityGroupEgressRule } from "@cdktf/provider-aws/lib/vpc-security-group-egress-rule";
import { VpcSecurityGroupIngressRule } from "@cdktf/provider-aws/lib/vpc-security-group-ingress-rule";
import { Construct } from "constructs";
import { Duration } from "../core/duration";
import { SystemStack } from "../environments/system-stack";
import type { Colour } from "../releases/rollout";
import type { BlueGreenServiceProps } from "./blue-green-service-props";
import { validateBlueGreenService } from "./blue-green-service-validation";
import { ColourService } from "./colour-service";
import { ColourTraffic } from "./colour-traffic";
import { containerSecret } from "./container-secret";
import { ServiceRoles } from "./service-roles";

/**
 * A service in two colours on ECS Fargate behind a load balancer. Which colours exist, which release each runs and how
 * the traffic is shared follow from the rollout in `releases.json`; no other change of the stack moves traffic.
 *
 * Emits a load balancer with HTTPS, redirect and test listeners and a target group for each colour; for each colour that
 * exists a task definition, an ECS service, autoscaling and alarms; roles, security groups, a log group.
 */
export class BlueGreenService extends Construct {
  /** The load balancer and its listeners. */
  readonly traffic: ColourTraffic;

  private readonly services: ReadonlyMap<Colour, ColourService>;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/blue-green.md` */
  constructor(scope: Construct, id: string, props: BlueGreenServiceProps) {
    super(scope, id);
    validateBlueGreenService(props, this);
    const { serviceName, rollout } = props;
    this.traffic = new ColourTraffic(this, "Traffic", props);
    const securityGroup = this.addTaskSecurityGroup(props);
    const logs = new CloudwatchLogGroup(this, "Logs", {
      name: `/ecs/${serviceName}`,
      retentionInDays: props.logRetention?.toDays() ?? 30,
    });
    const roles = new ServiceRoles(this, "Roles", {
      serviceName,
      logGroupArn: logs.arn,
      secrets: Object.values(props.secrets ?? {}).map(containerSecret),
      taskRoleArn: props.taskRoleArn,
    });
    const region = new DataAwsRegion(this, "Region").name;
    const make = (colour: Colour): ColourService =>
      new ColourService(this, colour, {
        ...props,
        colour,
        image: props.images[rollout.releaseOf(colour)!]!,
        traffic: this.traffic,
        roles,
        securityGroupId: securityGroup.id,
        logGroupName: logs.name,
        region,
      });
    this.services = new Map(rollout.colours.map((colour) => [colour, make(colour)]));
    const stack = this.node.scopes.find((ancestor) => ancestor instanceof SystemStack);
    stack?.declareRollout({
      bakeSeconds: (props.bakeTime ?? Duration.minutes(10)).toSeconds({ integral: false }),
      alarms: { blue: [...this.alarmNames("blue")], green: [...this.alarmNames("green")] },
    });
  }

  /** The service of a colour; nothing when the rollout has none of this colour. */
  service(colour: Colour): ColourService | undefined {
    return this.services.get(colour);
  }

  /** Names of the alarms of a colour; none when the rollout has none of this colour. */
  alarmNames(colour: Colour): readonly string[] {
    return this.service(colour)?.alarmNames ?? [];
  }

  /** Tasks take requests from the load balancer only, and may reach anything over HTTPS and inside of the VPC. */
  private addTaskSecurityGroup({ serviceName, vpcId, containerPort }: BlueGreenServiceProps): SecurityGroup {
    const group = new SecurityGroup(this, "TaskSecurityGroup", {
      name: `${serviceName}-tasks`,
      description: `Tasks of ${serviceName}`,
      vpcId,
    });
    new VpcSecurityGroupIngressRule(this, "FromLoadBalancer", {
      securityGroupId: group.id,
      ipProtocol: "tcp",
      fromPort: containerPort,
      toPort: containerPort,
      referencedSecurityGroupId: this.traffic.securityGroup.id,
    });
    new VpcSecurityGroupEgressRule(this, "ToAnywhere", {
      securityGroupId: group.id,
      description: "Registry, AWS and what the application uses",
      ipProtocol: "-1",
      cidrIpv4: "0.0.0.0/0",
    });
    return group;
  }
}
