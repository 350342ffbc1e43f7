import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Annotations } from "cdktf";
import { Construct } from "constructs";
import type { Schedule } from "../../schedule/schedule";

/** A metric that counts what was done. */
interface AbsenceAlarmProps {
  readonly name: string;
  readonly topicArns: readonly string[];
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
    alarmActions: [...props.topicArns],
    okActions: [...props.topicArns],
  });
}

/** Topics that are notified about backup jobs. */
interface BackupJobAlarmsProps {
  readonly name: string;
  readonly topicArns: readonly string[];
  readonly schedule: Schedule;
  readonly vaultName: string;
}

/**
 * Tells a topic of each job that failed, and of a vault in which no job was completed for longer than the schedule
 * allows: a plan that selects nothing has no job that could fail.
 */
export class BackupJobAlarms extends Construct {
  constructor(scope: Construct, id: string, { name, topicArns, schedule, vaultName }: BackupJobAlarmsProps) {
    super(scope, id);
    const failed = new CloudwatchEventRule(this, "Failed", {
      name: `${name}-backup-failed`,
      description: `A backup or a copy of ${name} failed`,
      eventPattern: JSON.stringify({
        source: ["aws.backup"],
        "detail-type": ["Backup Job State Change", "Copy Job State Change"],
        detail: { state: ["FAILED", "ABORTED", "EXPIRED", "PARTIAL"], $or: vaultPatterns(vaultName) },
      }),
    });
    notifyTopics(this, "FailedTopic", failed, topicArns);
    absenceAlarm(this, {
      name,
      topicArns,
      schedule,
      namespace: "AWS/Backup",
      metricName: "NumberOfBackupJobsCompleted",
      dimensions: { BackupVaultName: vaultName },
    });
  }
}

/** Sends the events of a rule to topics. EventBridge takes up to five targets for one rule. */
export function notifyTopics(
  scope: Construct,
  id: string,
  rule: CloudwatchEventRule,
  topicArns: readonly string[],
): void {
  for (const [index, arn] of topicArns.entries()) {
    new CloudwatchEventTarget(scope, index === 0 ? id : `${id}${index + 1}`, { rule: rule.name, arn });
  }
}

/** A backup names its vault, and a copy the one that it comes from. */
function vaultPatterns(vaultName: string): object[] {
  return [{ backupVaultName: [vaultName] }, { sourceBackupVaultArn: [{ suffix: `:backup-vault:${vaultName}` }] }];
}
