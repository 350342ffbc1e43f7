import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { Construct } from "constructs";
import type { Schedule } from "../core/schedule/schedule";
import { absenceAlarm } from "./absence-alarm";

/** Whom backup jobs tell. */
interface BackupJobAlarmsProps {
  readonly name: string;
  readonly topicArn: string;
  readonly schedule: Schedule;
  readonly vaultName: string;
}

/**
 * Tells a topic of each job that failed, and of a vault in which no job was completed for longer than the schedule
 * allows: a plan that selects nothing has no job that could fail.
 */
export class BackupJobAlarms extends Construct {
  constructor(scope: Construct, id: string, { name, topicArn, schedule, vaultName }: BackupJobAlarmsProps) {
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
    new CloudwatchEventTarget(this, "FailedTopic", { rule: failed.name, arn: topicArn });
    absenceAlarm(this, {
      name,
      topicArn,
      schedule,
      namespace: "AWS/Backup",
      metricName: "NumberOfBackupJobsCompleted",
      dimensions: { BackupVaultName: vaultName },
    });
  }
}

/** A backup names its vault, and a copy the one that it comes from. */
function vaultPatterns(vaultName: string): object[] {
  return [{ backupVaultName: [vaultName] }, { sourceBackupVaultArn: [{ suffix: `:backup-vault:${vaultName}` }] }];
}
