import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { TerraformStack, Testing } from "cdktf";
import { BackupTimer } from "../../../lib/aws/backup/backup-timer";
import type { BackupTimerProps } from "../../../lib/aws/backup/backup-timer-props";
import { Duration } from "../../../lib/core/duration";
import { Schedule } from "../../../lib/schedule/schedule";
import type { ValidationError } from "../../../lib/core/errors";
import { onlyResource, synthesize } from "../../support/synth";

const PROPS: BackupTimerProps = {
  name: "app-ef",
  schedule: Schedule.daily({ at: "02:00" }),
  selectionTags: { backup: "daily", system: "app-ef" },
  retention: Duration.days(30),
};
const TOPIC = "arn:aws:sns:eu-central-1:111122223333:backups";

const stackOf = (props: Partial<BackupTimerProps> = {}) =>
  synthesize((stack) => {
    new AwsProvider(stack, "aws");
    new BackupTimer(stack, "backups", { ...PROPS, ...props });
  });

function codeOf(props: Partial<BackupTimerProps>): string {
  try {
    new BackupTimer(new TerraformStack(Testing.app(), "test"), "backups", { ...PROPS, ...props });
  } catch (error) {
    return (error as ValidationError).code;
  }
  return "accepted";
}

describe("a backup timer of AWS", () => {
  test("keeps backups in a vault with a lock and a key of its own, which no plan destroys", () => {
    // WHEN
    const stack = stackOf();
    // THEN
    expect(onlyResource(stack, "aws_backup_vault")).toMatchObject({
      name: "app-ef",
      kms_key_arn: `\${aws_kms_key.${Object.keys(stack.resource.aws_kms_key!)[0]}.arn}`,
      lifecycle: { prevent_destroy: true },
    });
    expect(onlyResource(stack, "aws_kms_key")).toMatchObject({
      enable_key_rotation: true,
      lifecycle: { prevent_destroy: true },
    });
    expect(onlyResource(stack, "aws_backup_vault_lock_configuration")).toMatchObject({ min_retention_days: 30 });
    expect(onlyResource(stack, "aws_backup_vault_lock_configuration")).not.toHaveProperty("changeable_for_days");
  });

  test("says the schedule, the zone, the windows and the retention in the plan", () => {
    // WHEN
    const stack = stackOf({
      schedule: Schedule.cron("30 2 * * 1-5", { zone: "Europe/Berlin" }),
      retention: Duration.days(120),
      coldStorageAfter: Duration.days(30),
      copies: [
        { vaultArn: "arn:aws:backup:eu-west-1:444455556666:backup-vault:copies", retention: Duration.days(365) },
      ],
    });
    // THEN
    expect(onlyResource(stack, "aws_backup_plan")).toMatchObject({
      rule: [
        {
          rule_name: "app-ef",
          schedule: "cron(30 2 ? * MON-FRI *)",
          schedule_expression_timezone: "Europe/Berlin",
          start_window: 60,
          completion_window: 480,
          lifecycle: { delete_after: 120, cold_storage_after: 30 },
          copy_action: [
            {
              destination_vault_arn: "arn:aws:backup:eu-west-1:444455556666:backup-vault:copies",
              lifecycle: { delete_after: 365 },
            },
          ],
        },
      ],
    });
  });

  test("selects only what carries all of the tags", () => {
    expect(onlyResource(stackOf(), "aws_backup_selection")).toMatchObject({
      resources: ["*"],
      condition: [
        {
          string_equals: [
            { key: "aws:ResourceTag/backup", value: "daily" },
            { key: "aws:ResourceTag/system", value: "app-ef" },
          ],
        },
      ],
    });
  });

  test("makes one rule for each line that a schedule takes", () => {
    const plan = onlyResource(stackOf({ schedule: Schedule.cron("0 0 13 * 5") }), "aws_backup_plan");
    expect(plan.rule).toMatchObject([
      { rule_name: "app-ef-1", schedule: "cron(0 0 13 * ? *)" },
      { rule_name: "app-ef-2", schedule: "cron(0 0 ? * FRI *)" },
    ]);
  });

  test("tells a topic of jobs that failed, and of two days without a job", () => {
    // WHEN
    const stack = stackOf({ alarmTopicArns: [TOPIC] });
    // THEN
    const pattern = JSON.parse(onlyResource(stack, "aws_cloudwatch_event_rule").event_pattern as string);
    expect(pattern.detail.state).toEqual(["FAILED", "ABORTED", "EXPIRED", "PARTIAL"]);
    expect(onlyResource(stack, "aws_cloudwatch_event_target")).toMatchObject({ arn: TOPIC });
    expect(onlyResource(stack, "aws_cloudwatch_metric_alarm")).toMatchObject({
      metric_name: "NumberOfBackupJobsCompleted",
      evaluation_periods: 2,
      period: 86_400,
      treat_missing_data: "breaching",
      alarm_actions: [TOPIC],
    });
  });

  test("has no alarm for absence where CloudWatch cannot look back far enough", () => {
    const stack = stackOf({ alarmTopicArns: [TOPIC], schedule: Schedule.monthly({ on: "last", at: "03:00" }) });
    expect(stack.resource.aws_cloudwatch_metric_alarm).toBeUndefined();
  });

  test("has the lock in compliance mode only when asked", () => {
    const stack = stackOf({
      lock: {
        mode: "compliance",
        maximumRetention: Duration.days(60),
        acknowledge: { ComplianceWithoutReason: "the law" },
      },
    });
    expect(onlyResource(stack, "aws_backup_vault_lock_configuration")).toMatchObject({
      min_retention_days: 30,
      max_retention_days: 60,
      changeable_for_days: 3,
    });
  });

  const lock = (days: number) => ({ mode: "governance" as const, minimumRetention: Duration.days(days) });
  test.each<[string, Partial<BackupTimerProps>, string]>([
    [
      "deletes after 28 days what was promised for 30",
      { retention: Duration.days(28), requiredRetention: Duration.days(30) },
      "RetentionContradiction",
    ],
    ["keeps for part of a day", { retention: Duration.hours(36) }, "InvalidBackupTimer"],
    ["selects nothing", { selectionTags: {} }, "BackupSelectsNothing"],
    [
      "deletes from cold storage before 90 days",
      { retention: Duration.days(119), coldStorageAfter: Duration.days(30) },
      "ColdStorageTooLate",
    ],
    [
      "keeps continuous backups for 36 days",
      { retention: Duration.days(36), continuous: true },
      "ContinuousBackupRetention",
    ],
    ["has a lock that refuses its own backups", { lock: lock(31) }, "VaultLockContradiction"],
    [
      "has windows that end together",
      { startWindow: Duration.hours(2), completionWindow: Duration.hours(2) },
      "BackupWindowTooShort",
    ],
    ["comes every half hour", { schedule: Schedule.every(Duration.minutes(30)) }, "ScheduleTooFrequent"],
    ["comes every minute", { schedule: Schedule.cron("* * * * *") }, "ScheduleTooFrequent"],
    ["comes at a second", { schedule: Schedule.onCalendar("02:00:30") }, "ScheduleUntranslatable"],
    ["is a rate", { schedule: Schedule.aws("rate(5 hours)") }, "ScheduleUntranslatable"],
    ["has a name with spaces", { name: "my backups" }, "InvalidBackupTimer"],
    ["copies to a bucket", { copies: [{ vaultArn: "arn:aws:s3:::bucket" }] }, "InvalidBackupTimer"],
    [
      "cools off for a day",
      {
        lock: {
          mode: "compliance",
          coolingOff: Duration.days(1),
          acknowledge: { ComplianceWithoutReason: "the law" },
        },
      },
      "InvalidBackupTimer",
    ],
    ["is locked for everybody without a reason", { lock: { mode: "compliance" } }, "ComplianceWithoutReason"],
    [
      "is locked for everybody with an empty reason",
      { lock: { mode: "compliance", acknowledge: { ComplianceWithoutReason: " " } } },
      "ComplianceWithoutReason",
    ],
    ["may be destroyed with an empty reason", { acknowledge: { DestroyWithoutReason: "" } }, "DestroyWithoutReason"],
    ["acknowledges another error", { acknowledge: { StatefulInColor: "-" } as object }, "NothingToAcknowledge"],
  ])("is refused when it %s", (_mistake, props, code) => {
    expect(codeOf(props)).toBe(code);
  });

  test.each<[string, Partial<BackupTimerProps>]>([
    ["keeps for exactly what was promised", { requiredRetention: Duration.days(30) }],
    [
      "keeps for exactly 90 days of cold storage",
      { retention: Duration.days(120), coldStorageAfter: Duration.days(30) },
    ],
    ["comes every hour", { schedule: Schedule.cron("@hourly") }],
  ])("is accepted when it %s", (_case, props) => {
    expect(codeOf(props)).toBe("accepted");
  });
});
