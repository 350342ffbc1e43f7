import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Construct } from "constructs";

interface ColourAlarmsProps {
  /** Name of the colour's service. */
  readonly name: string;

  /** Load balancer and target group as CloudWatch calls them. */
  readonly loadBalancer: string;
  readonly targetGroup: string;

  /** Share of 5xx responses, percent. */
  readonly errorPercent: number;

  /** SNS topics to notify. */
  readonly topicArns: readonly string[];
}

/** What speaks against a colour: it answers with errors, or its tasks fail their health checks. */
export class ColourAlarms extends Construct {
  /** Names of the alarms, known at synth. */
  readonly names: readonly string[];

  /** The alarms, to wait for. */
  readonly resources: readonly CloudwatchMetricAlarm[];

  constructor(scope: Construct, id: string, props: ColourAlarmsProps) {
    super(scope, id);
    const { name, topicArns, ...target } = props;
    const dimensions = { LoadBalancer: target.loadBalancer, TargetGroup: target.targetGroup };
    const shared = {
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 2,
      // A colour without traffic has no errors.
      treatMissingData: "notBreaching",
      alarmActions: [...topicArns],
      okActions: [...topicArns],
    };
    const count = (metricId: string, metricName: string) => ({
      id: metricId,
      metric: { namespace: "AWS/ApplicationELB", metricName, period: 60, stat: "Sum", dimensions },
    });
    const errors = new CloudwatchMetricAlarm(this, "Errors", {
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
    });
    const unhealthy = new CloudwatchMetricAlarm(this, "Unhealthy", {
      ...shared,
      alarmName: `${name}-unhealthy`,
      alarmDescription: `Tasks of ${name} fail their health checks`,
      threshold: 0,
      namespace: "AWS/ApplicationELB",
      metricName: "UnHealthyHostCount",
      period: 60,
      statistic: "Minimum",
      dimensions,
    });
    this.names = [`${name}-errors`, `${name}-unhealthy`];
    this.resources = [errors, unhealthy];
  }
}
