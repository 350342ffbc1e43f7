import { AppautoscalingPolicy } from "@cdktf/provider-aws/lib/appautoscaling-policy";
import { AppautoscalingTarget } from "@cdktf/provider-aws/lib/appautoscaling-target";
import { EcsService } from "@cdktf/provider-aws/lib/ecs-service";
import { EcsTaskDefinition } from "@cdktf/provider-aws/lib/ecs-task-definition";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import { applyTransform } from "../core/transform";
import type { Colour } from "../releases/rollout";
import type { BlueGreenServiceProps } from "./blue-green-service-props";
import { ColourAlarms } from "./colour-alarms";
import type { ColourTraffic } from "./colour-traffic";
import { containerSecret } from "./container-secret";
import { sortedByName } from "./environment-variables";
import type { ServiceRoles } from "./service-roles";

interface ColourServiceProps extends BlueGreenServiceProps {
  readonly colour: Colour;
  readonly image: string;
  readonly traffic: ColourTraffic;
  readonly roles: ServiceRoles;

  /** Security group of the tasks. */
  readonly securityGroupId: string;

  readonly logGroupName: string;
  readonly region: string;
}

/** One colour of a service: its task definition, ECS service, autoscaling and alarms. */
export class ColourService extends Construct {
  /** The ECS service. */
  readonly resource: EcsService;

  /** Names of the alarms that speak against this colour. */
  readonly alarmNames: readonly string[];

  constructor(scope: Construct, id: string, props: ColourServiceProps) {
    super(scope, id);
    const { colour, serviceName, traffic, transform = {} } = props;
    const name = `${serviceName}-${colour}`;
    const taskDefinition = new EcsTaskDefinition(
      this,
      "TaskDefinition",
      applyTransform(
        {
          family: name,
          requiresCompatibilities: ["FARGATE"],
          networkMode: "awsvpc",
          cpu: String(props.cpu ?? 256),
          memory: String(props.memory?.toMebibytes() ?? 512),
          executionRoleArn: props.roles.executionRoleArn,
          taskRoleArn: props.roles.taskRoleArn,
          containerDefinitions: containerDefinitions(props),
        },
        transform.taskDefinition,
      ),
    );
    const alarms = new ColourAlarms(this, "Alarms", {
      name,
      loadBalancer: traffic.resource.arnSuffix,
      targetGroup: traffic.targetGroupArnSuffix(colour),
      errorPercent: props.errorPercent ?? 1,
      topicArns: props.alarmTopicArns ?? [],
    });
    this.alarmNames = alarms.names;
    this.resource = new EcsService(
      this,
      "Resource",
      applyTransform(
        {
          name,
          cluster: props.clusterArn,
          taskDefinition: taskDefinition.arn,
          launchType: "FARGATE",
          desiredCount: props.minTasks ?? 2,
          // A phase is applied when its colour works, and not when ECS was told to start it.
          waitForSteadyState: true,
          enableEcsManagedTags: true,
          propagateTags: "SERVICE",
          deploymentCircuitBreaker: { enable: true, rollback: true },
          alarms: { alarmNames: [...alarms.names], enable: true, rollback: true },
          healthCheckGracePeriodSeconds: 60,
          networkConfiguration: { subnets: [...props.subnetIds], securityGroups: [props.securityGroupId] },
          loadBalancer: [
            {
              targetGroupArn: traffic.targetGroupArn(colour),
              containerName: serviceName,
              containerPort: props.containerPort,
            },
          ],
          // Autoscaling sets it from then on.
          lifecycle: { ignoreChanges: ["desired_count"] },
          // A target group takes tasks once a listener knows it.
          dependsOn: [traffic.listener, ...alarms.resources],
        },
        transform.service,
      ),
    );
    this.addAutoscaling(name, props);
  }

  private addAutoscaling(name: string, props: ColourServiceProps): void {
    const clusterName = Fn.element(Fn.split("/", props.clusterArn), 1) as string;
    const target = new AppautoscalingTarget(
      this,
      "ScalableTarget",
      applyTransform(
        {
          serviceNamespace: "ecs",
          scalableDimension: "ecs:service:DesiredCount",
          resourceId: `service/${clusterName}/${this.resource.name}`,
          minCapacity: props.minTasks ?? 2,
          maxCapacity: props.maxTasks ?? 10,
        },
        props.transform?.scalableTarget,
      ),
    );
    new AppautoscalingPolicy(this, "CpuPolicy", {
      name: `${name}-cpu`,
      policyType: "TargetTrackingScaling",
      serviceNamespace: target.serviceNamespace,
      scalableDimension: target.scalableDimension,
      resourceId: target.resourceId,
      targetTrackingScalingPolicyConfiguration: {
        targetValue: props.targetCpuPercent ?? 60,
        predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      },
    });
  }
}

function containerDefinitions(props: ColourServiceProps): string {
  const { environment = {}, secrets = {} } = props;
  return JSON.stringify([
    {
      name: props.serviceName,
      image: props.image,
      essential: true,
      portMappings: [{ containerPort: props.containerPort, protocol: "tcp" }],
      environment: sortedByName({ ...environment, COLOUR: props.colour }).map(([name, value]) => ({ name, value })),
      secrets: sortedByName(secrets).map(([name, secret]) => ({ name, valueFrom: containerSecret(secret).valueFrom })),
      readonlyRootFilesystem: true,
      logConfiguration: {
        logDriver: "awslogs",
        options: {
          "awslogs-group": props.logGroupName,
          "awslogs-region": props.region,
          "awslogs-stream-prefix": props.colour,
        },
      },
    },
  ]);
}
