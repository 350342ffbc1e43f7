import { CloudwatchEventRule, type CloudwatchEventRuleConfig } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmConfig,
} from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { Annotations } from "cdktf";
import { Construct } from "constructs";
import { report } from "../../core/errors";
import { applyTransform, type Transform } from "../../core/refactoring";
import { isUnresolved } from "../../core/tokens";
import type { Schedule } from "../../schedule/schedule";

/** Lets an alarm fire when a metric counts one failure within five minutes. */
export const ANY_FAILURE = {
  statistic: "Sum",
  period: 300,
  evaluationPeriods: 1,
  comparisonOperator: "GreaterThanThreshold",
  threshold: 0,
  treatMissingData: "notBreaching",
} as const;

/** Hooks for the resources that report failures. */
export interface AlarmTransforms {
  readonly failedRule?: Transform<CloudwatchEventRuleConfig>;
  readonly alarm?: Transform<CloudwatchMetricAlarmConfig>;
}

/**
 * An EventBridge rule has up to five targets.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
 * @throws ValidationError `InvalidBackupTimer`
 */
export function checkTopics(topicArns: readonly string[] | undefined, construct: Construct): void {
  if (topicArns === undefined || isUnresolved(topicArns) || topicArns.length <= 5) return;
  const message = `alarmTopicArns lists ${topicArns.length} topics, and EventBridge notifies at most 5; subscribe the others to one of them`;
  report(construct, "InvalidBackupTimer", message);
}

/** A metric that counts completed runs. */
interface AbsenceAlarmProps {
  readonly name: string;
  readonly topicArns: readonly string[];
  readonly schedule: Schedule;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: Record<string, string>;
  /** @default - nothing is changed */
  readonly transform?: AlarmTransforms | undefined;
}

const SECONDS_OF_A_DAY = 86_400;

/** A CloudWatch alarm looks back seven days at most. */
const MAXIMUM_DAYS = 7;

/** An alarm that goes off when nothing was counted for longer than the time between two scheduled runs. */
export function absenceAlarm(scope: Construct, props: AbsenceAlarmProps): void {
  const days = Math.ceil(props.schedule.longestDistance().toDays({ integral: false })) + 1;
  if (days > MAXIMUM_DAYS) {
    Annotations.of(scope).addWarning(
      `${props.name} runs up to ${days - 1} days apart, and a CloudWatch alarm covers ${MAXIMUM_DAYS} days at most, ` +
        "so a backup that never starts raises no alarm",
    );
    return;
  }
  const alarm = {
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
  };
  new CloudwatchMetricAlarm(scope, "Absent", applyTransform(alarm, props.transform?.alarm));
}

/** Topics that are notified about backup jobs. */
interface BackupJobAlarmsProps {
  readonly name: string;
  readonly topicArns: readonly string[];
  readonly schedule: Schedule;
  readonly vaultName: string;
  /** @default - nothing is changed */
  readonly transform?: AlarmTransforms | undefined;
}

/**
 * Notifies topics of each failed job, and of a vault in which no job completed within the time that the schedule
 * allows: a plan that selects nothing has no job that could fail.
 */
export class BackupJobAlarms extends Construct {
  constructor(scope: Construct, id: string, props: BackupJobAlarmsProps) {
    super(scope, id);
    const { name, topicArns, schedule, vaultName, transform } = props;
    const rule = {
      name: `${name}-backup-failed`,
      description: `A backup or a copy of ${name} failed`,
      eventPattern: JSON.stringify({
        source: ["aws.backup"],
        "detail-type": ["Backup Job State Change", "Copy Job State Change"],
        detail: { state: ["FAILED", "ABORTED", "EXPIRED", "PARTIAL"], $or: vaultPatterns(vaultName) },
      }),
    };
    const failed = new CloudwatchEventRule(this, "Failed", applyTransform(rule, transform?.failedRule));
    notifyTopics(this, "FailedTopic", failed, rule.name, topicArns, transform);
    absenceAlarm(this, {
      name,
      topicArns,
      schedule,
      namespace: "AWS/Backup",
      metricName: "NumberOfBackupJobsCompleted",
      dimensions: { BackupVaultName: vaultName },
      transform,
    });
  }
}

/**
 * Sends the events of a rule to topics, and raises an alarm when a topic rejects them: EventBridge then drops the
 * event, while CloudWatch may still be allowed to publish.
 *
 * @see https://repost.aws/knowledge-center/sns-not-getting-eventbridge-notification (FailedInvocations)
 */
export function notifyTopics(
  scope: Construct,
  id: string,
  rule: CloudwatchEventRule,
  ruleName: string,
  topicArns: readonly string[],
  transform: AlarmTransforms | undefined,
): void {
  for (const [index, arn] of topicArns.entries()) {
    new CloudwatchEventTarget(scope, index === 0 ? id : `${id}${index + 1}`, { rule: rule.name, arn });
  }
  const undelivered = {
    alarmName: `${ruleName}-undelivered`,
    alarmDescription: `A topic refused an event of the rule ${ruleName}: its policy, or that of its key, must allow events.amazonaws.com`,
    namespace: "AWS/Events",
    metricName: "FailedInvocations",
    dimensions: { RuleName: rule.name },
    ...ANY_FAILURE,
    alarmActions: [...topicArns],
  };
  new CloudwatchMetricAlarm(scope, "Undelivered", applyTransform(undelivered, transform?.alarm));
}

/** A backup event names its own vault, and a copy event the source vault. */
function vaultPatterns(vaultName: string): object[] {
  return [{ backupVaultName: [vaultName] }, { sourceBackupVaultArn: [{ suffix: `:backup-vault:${vaultName}` }] }];
}
