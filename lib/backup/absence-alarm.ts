import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Annotations } from "cdktf";
import type { Construct } from "constructs";
import type { Schedule } from "../core/schedule/schedule";

/** A metric that counts what was done. */
interface AbsenceAlarmProps {
  readonly name: string;
  readonly topicArn: string;
  readonly schedule: Schedule;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Record<string, string>;
}

const SECONDS_OF_A_DAY = 86_400;

/** CloudWatch looks back at seven days at most. */
const MAXIMUM_DAYS = 7;

/** An alarm when nothing was counted for longer than the schedule leaves between two runs. */
export function absenceAlarm(scope: Construct, props: AbsenceAlarmProps): void {
  const days = Math.ceil(props.schedule.longestDistance().toDays({ integral: false })) + 1;
  if (days > MAXIMUM_DAYS) {
    Annotations.of(scope).addWarning(
      `${props.name} comes every ${days - 1} days at the longest, and CloudWatch looks back at ${MAXIMUM_DAYS}: ` +
        "that it did not come at all raises no alarm",
    );
    return;
  }
  new CloudwatchMetricAlarm(scope, "Absent", {
    alarmName: `${props.name}-backup-absent`,
    alarmDescription: `No backup of ${props.name} was completed for ${days} days`,
    namespace: props.namespace,
    metricName: props.metricName,
    dimensions: props.dimensions,
    statistic: "Sum",
    period: SECONDS_OF_A_DAY,
    evaluationPeriods: days,
    datapointsToAlarm: days,
    comparisonOperator: "LessThanThreshold",
    threshold: 1,
    treatMissingData: "breaching",
    alarmActions: [props.topicArn],
    okActions: [props.topicArn],
  });
}
