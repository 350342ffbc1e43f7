import { AppautoscalingPolicy } from "@cdktf/provider-aws/lib/appautoscaling-policy";
import { AppautoscalingTarget } from "@cdktf/provider-aws/lib/appautoscaling-target";
import {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmConfig,
} from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { EcsService } from "@cdktf/provider-aws/lib/ecs-service";
import { EcsTaskDefinition } from "@cdktf/provider-aws/lib/ecs-task-definition";
import { Fn, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { sortedByName } from "../../blue-green/service-rules";
import type { Color } from "../../manifest/rollout";
import { applyColorTransform, type BlueGreenServiceProps, portOf } from "./blue-green-service-props";
import type { ColorTraffic } from "./color-traffic";
import { containerSecret, type ServiceRoles } from "./service-roles";

interface ColorServiceProps extends BlueGreenServiceProps {
  readonly color: Color;
  readonly image: string;
  readonly traffic: ColorTraffic;
  readonly roles: ServiceRoles;

  /** Security group of the tasks. */
  readonly securityGroupId: string;

  /** What must exist before tasks are reachable on a port. */
  readonly openedPorts: (port: number) => ITerraformDependable[];

  readonly logGroupName: string;
  readonly region: string;
}

/** One color of a service: its task definition, ECS service, autoscaling and alarms. */
export class ColorService extends Construct {
  /** The ECS service. */
  readonly resource: EcsService;

  /** Names of the alarms for this color. */
  readonly alarmNames: readonly string[];

  /** @internal */
  constructor(scope: Construct, id: string, props: ColorServiceProps) {
    super(scope, id);
    const { color, serviceName, traffic, transform = {} } = props;
    const name = `${serviceName}-${color}`;
    const containerPort = portOf(props, color)!;
    const taskDefinition = new EcsTaskDefinition(
      this,
      "TaskDefinition",
      applyColorTransform(
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
        color,
      ),
    );
    const alarms = new ColorAlarms(this, "Alarms", {
      name,
      loadBalancer: traffic.resource.arnSuffix,
      targetGroup: traffic.targetGroupArnSuffix(color),
      errorPercent: props.errorPercent ?? 1,
      topicArns: props.alarmTopicArns ?? [],
      transform: (alarm) => applyColorTransform(alarm, transform.alarm, color),
    });
    this.alarmNames = alarms.names;
    this.resource = new EcsService(
      this,
      "Resource",
      applyColorTransform(
        {
          name,
          cluster: props.clusterArn,
          taskDefinition: taskDefinition.arn,
          launchType: "FARGATE",
          desiredCount: props.minTasks ?? 2,
          // The apply of a phase ends when its color works, not when ECS begins to start it.
          waitForSteadyState: true,
          enableEcsManagedTags: true,
          propagateTags: "SERVICE",
          deploymentCircuitBreaker: { enable: true, rollback: true },
          alarms: { alarmNames: [...alarms.names], enable: true, rollback: true },
          healthCheckGracePeriodSeconds: 60,
          networkConfiguration: { subnets: [...props.subnetIds], securityGroups: [props.securityGroupId] },
          loadBalancer: [
            {
              targetGroupArn: traffic.targetGroupArn(color),
              containerName: serviceName,
              containerPort,
            },
          ],
          lifecycle: {
            // Autoscaling controls it after creation.
            ignoreChanges: ["desired_count"],
            // Another cluster or launch type would replace the service, which stops its tasks first.
            preventDestroy: (props.deletionProtection ?? true) && props.rollout.weights[color] > 0,
          },
          // A target group accepts tasks once a listener uses it, and a task needs its permissions and open ports
          // first.
          dependsOn: [
            traffic.listener,
            ...alarms.resources,
            ...props.openedPorts(containerPort),
            props.roles.executionPolicy,
          ],
        },
        transform.service,
        color,
      ),
    );
    this.addAutoscaling(name, props);
  }

  private addAutoscaling(name: string, props: ColorServiceProps): void {
    const clusterName = Fn.element(Fn.split("/", props.clusterArn), 1) as string;
    const target = new AppautoscalingTarget(
      this,
      "ScalableTarget",
      applyColorTransform(
        {
          serviceNamespace: "ecs",
          scalableDimension: "ecs:service:DesiredCount",
          resourceId: `service/${clusterName}/${this.resource.name}`,
          minCapacity: props.minTasks ?? 2,
          maxCapacity: props.maxTasks ?? 10,
        },
        props.transform?.scalableTarget,
        props.color,
      ),
    );
    const policy = {
      name: `${name}-cpu`,
      policyType: "TargetTrackingScaling",
      serviceNamespace: target.serviceNamespace,
      scalableDimension: target.scalableDimension,
      resourceId: target.resourceId,
      targetTrackingScalingPolicyConfiguration: {
        targetValue: props.targetCpuPercent ?? 60,
        predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
      },
    };
    const transformed = applyColorTransform(policy, props.transform?.scalingPolicy, props.color);
    new AppautoscalingPolicy(this, "CpuPolicy", transformed);
  }
}

function containerDefinitions(props: ColorServiceProps): string {
  const { environmentVariables: environment = {}, secrets = {} } = props;
  return JSON.stringify([
    {
      name: props.serviceName,
      image: props.image,
      essential: true,
      portMappings: [{ containerPort: portOf(props, props.color), protocol: "tcp" }],
      environment: sortedByName({ ...environment, COLOR: props.color }).map(([name, value]) => ({ name, value })),
      secrets: sortedByName(secrets).map(([name, secret]) => ({ name, valueFrom: containerSecret(secret).valueFrom })),
      readonlyRootFilesystem: true,
      logConfiguration: {
        logDriver: "awslogs",
        options: {
          "awslogs-group": props.logGroupName,
          "awslogs-region": props.region,
          "awslogs-stream-prefix": props.color,
        },
      },
    },
  ]);
}

interface ColorAlarmsProps {
  /** Name of the color's service. */
  readonly name: string;

  /** CloudWatch names of the load balancer and the target group. */
  readonly loadBalancer: string;
  readonly targetGroup: string;

  /** Share of 5xx responses, percent. */
  readonly errorPercent: number;

  /** SNS topics to notify. */
  readonly topicArns: readonly string[];

  readonly transform: (alarm: CloudwatchMetricAlarmConfig) => CloudwatchMetricAlarmConfig;
}

/** Alarms for a color that responds with errors, or whose tasks fail their health checks. */
class ColorAlarms extends Construct {
  /** Names of the alarms, known at synth. */
  readonly names: readonly string[];

  /** The alarms, to depend on. */
  readonly resources: readonly CloudwatchMetricAlarm[];

  constructor(scope: Construct, id: string, props: ColorAlarmsProps) {
    super(scope, id);
    const { name, topicArns, transform, ...target } = props;
    const dimensions = { LoadBalancer: target.loadBalancer, TargetGroup: target.targetGroup };
    const shared = {
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 2,
      // A color without traffic has no errors.
      treatMissingData: "notBreaching",
      alarmActions: [...topicArns],
      okActions: [...topicArns],
    };
    const count = (metricId: string, metricName: string) => ({
      id: metricId,
      metric: { namespace: "AWS/ApplicationELB", metricName, period: 60, stat: "Sum", dimensions },
    });
    const tooManyErrors = {
      ...shared,
      alarmName: `${name}-errors`,
      alarmDescription: `${name} answers more than ${props.errorPercent} percent of its requests with a status of 5xx`,
      threshold: props.errorPercent,
      metricQuery: [
        count("errors", "HTTPCode_Target_5XX_Count"),
        count("requests", "RequestCount"),
        {
          id: "percent",
          label: "Responses with 5xx, percent",
          expression: "IF(requests > 0, 100 * FILL(errors, 0) / requests, 0)",
          returnData: true,
        },
      ],
    };
    const failedChecks = {
      ...shared,
      alarmName: `${name}-unhealthy`,
      alarmDescription: `Tasks of ${name} fail their health checks`,
      threshold: 0,
      namespace: "AWS/ApplicationELB",
      metricName: "UnHealthyHostCount",
      period: 60,
      statistic: "Minimum",
      dimensions,
    };
    const alarms = [transform(tooManyErrors), transform(failedChecks)] as const;
    this.names = alarms.map(({ alarmName }) => alarmName);
    this.resources = [
      new CloudwatchMetricAlarm(this, "Errors", alarms[0]),
      new CloudwatchMetricAlarm(this, "Unhealthy", alarms[1]),
    ];
  }
}
