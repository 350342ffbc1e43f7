import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { TerraformStack, Testing, Token } from "cdktf";
import { BackupTimer } from "../../../lib/aws/backup/backup-timer";
import type { BackupTimerProps } from "../../../lib/aws/backup/backup-timer-props";
import { Duration } from "../../../lib/core/duration";
import { Schedule } from "../../../lib/schedule/schedule";
import type { ValidationError } from "../../../lib/core/errors";
import { onlyResource, synthesize, type SynthesizedStack } from "../../support/synth";

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

function alarm(stack: SynthesizedStack, name: string): Record<string, unknown> | undefined {
  return Object.values(stack.resource.aws_cloudwatch_metric_alarm ?? {}).find(({ alarm_name }) => alarm_name === name);
}

/** Paths of the managed policies of the role, in the partition that Terraform finds. */
function policies(stack: SynthesizedStack): string[] {
  return Object.values(stack.resource.aws_iam_role_policy_attachment ?? {}).map(
    ({ policy_arn }) =>
      /^arn:\$\{data\.aws_partition\.\w+\.partition\}:iam::aws:policy\/(.*)$/.exec(policy_arn as string)![1]!,
  );
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
    expect(alarm(stack, "app-ef-backup-absent")).toMatchObject({
      metric_name: "NumberOfBackupJobsCompleted",
      evaluation_periods: 2,
      period: 86_400,
      treat_missing_data: "breaching",
      alarm_actions: [TOPIC],
    });
  });

  test("has no alarm for absence where CloudWatch cannot look back far enough", () => {
    const stack = stackOf({ alarmTopicArns: [TOPIC], schedule: Schedule.monthly({ on: "last", at: "03:00" }) });
    expect(alarm(stack, "app-ef-backup-absent")).toBeUndefined();
  });

  // https://github.com/terraform-aws-modules/terraform-aws-eventbridge/issues/88
  test("raises an alarm when a topic refuses the event of a failed job, which is dropped then", () => {
    expect(alarm(stackOf({ alarmTopicArns: [TOPIC] }), "app-ef-backup-failed-undelivered")).toMatchObject({
      namespace: "AWS/Events",
      metric_name: "FailedInvocations",
      dimensions: { RuleName: expect.stringMatching(/^\$\{aws_cloudwatch_event_rule\./) },
      alarm_actions: [TOPIC],
    });
  });

  // https://github.com/cloudposse/terraform-aws-backup/issues/88
  test.each<[string, readonly string[] | undefined, boolean]>([
    ["a bucket", ["arn:aws:s3:::bucket-1"], true],
    ["a bucket in China", ["arn:aws-cn:s3:::bucket-1"], true],
    ["whatever carries a tag", undefined, true],
    ["everything", ["*"], true],
    ["every ARN of a partition", ["arn:aws:*:*:*:*"], true],
    ["what Terraform alone knows", [Token.asString({ resolve: () => "${aws_s3_bucket.a.arn}" })], true],
    ["a table", ["arn:aws:dynamodb:eu-central-1:111122223333:table/a"], false],
    ["every volume", ["arn:aws:ec2:*:*:volume/*"], false],
  ])("may back up and restore %s, with the policies for S3 where S3 can be among it", (_what, resources, s3) => {
    expect(policies(stackOf({ resources }))).toEqual([
      "service-role/AWSBackupServiceRolePolicyForBackup",
      "service-role/AWSBackupServiceRolePolicyForRestores",
      ...(s3 ? ["AWSBackupServiceRolePolicyForS3Backup", "AWSBackupServiceRolePolicyForS3Restore"] : []),
    ]);
  });

  // https://github.com/lgallard/terraform-aws-backup/issues/15
  test("may give a restored instance its role, and no other", () => {
    const instanceRoleArns = ["arn:aws:iam::111122223333:role/web"];
    expect(JSON.parse(onlyResource(stackOf({ instanceRoleArns }), "aws_iam_role_policy").policy as string)).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "iam:PassRole",
          Resource: instanceRoleArns,
          Condition: { StringLike: { "iam:PassedToService": "ec2.*" } },
        },
      ],
    });
  });

  test("puts its backups into a vault that exists, and leaves the key and the lock of that vault alone", () => {
    // WHEN
    const stack = stackOf({ vaultName: "Prod_Vault", alarmTopicArns: [TOPIC] });
    // THEN
    for (const type of ["aws_backup_vault", "aws_backup_vault_lock_configuration", "aws_kms_key"]) {
      expect(stack.resource).not.toHaveProperty(type);
    }
    expect(Object.values(stack.data!.aws_backup_vault!)).toEqual([expect.objectContaining({ name: "Prod_Vault" })]);
    expect(onlyResource(stack, "aws_backup_plan").rule).toMatchObject([
      { target_vault_name: expect.stringMatching(/^\$\{data\.aws_backup_vault\..*\.name\}$/) },
    ]);
  });

  test("lets everything that it makes be changed", () => {
    // WHEN
    const described = { description: "changed" };
    const stack = stackOf({
      alarmTopicArns: [TOPIC],
      instanceRoleArns: ["arn:aws:iam::111122223333:role/web"],
      transform: {
        vault: { forceDestroy: true },
        key: described,
        lock: { maxRetentionDays: 90 },
        plan: { advancedBackupSetting: [{ resourceType: "EC2", backupOptions: { WindowsVSS: "enabled" } }] },
        selection: { notResources: ["arn:aws:ec2:*:*:volume/vol-1"] },
        role: described,
        rolePolicy: { name: "changed" },
        failedRule: described,
        alarm: { actionsEnabled: false },
      },
    });
    // THEN
    expect(onlyResource(stack, "aws_backup_vault")).toMatchObject({ force_destroy: true });
    expect(onlyResource(stack, "aws_kms_key")).toMatchObject(described);
    expect(onlyResource(stack, "aws_backup_vault_lock_configuration")).toMatchObject({ max_retention_days: 90 });
    expect(onlyResource(stack, "aws_backup_plan")).toHaveProperty("advanced_backup_setting");
    expect(onlyResource(stack, "aws_backup_selection")).toHaveProperty("not_resources");
    expect(onlyResource(stack, "aws_iam_role")).toMatchObject(described);
    expect(onlyResource(stack, "aws_iam_role_policy")).toMatchObject({ name: "changed" });
    expect(onlyResource(stack, "aws_cloudwatch_event_rule")).toMatchObject(described);
    for (const each of Object.values(stack.resource.aws_cloudwatch_metric_alarm!)) {
      expect(each).toMatchObject({ actions_enabled: false });
    }
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
    ["has a lock for a vault that exists", { vaultName: "old", lock: lock(7) }, "InvalidBackupTimer"],
    ["names a vault with a space", { vaultName: "my vault" }, "InvalidBackupTimer"],
    [
      "changes the key of a vault that exists",
      { vaultName: "old", transform: { key: { description: "-" } } },
      "TransformWithoutResource",
    ],
    [
      "changes a role that it does not make",
      { roleArn: "arn:aws:iam::111122223333:role/backup", transform: { role: { description: "-" } } },
      "TransformWithoutResource",
    ],
    ["changes alarms that it does not make", { transform: { alarm: {} } }, "TransformWithoutResource"],
    ["notifies six topics", { alarmTopicArns: Array.from({ length: 6 }, () => TOPIC) }, "InvalidBackupTimer"],
    [
      "lets another role pass the roles of instances",
      { roleArn: "arn:aws:iam::111122223333:role/backup", instanceRoleArns: [] },
      "InvalidBackupTimer",
    ],
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
    ["has the name of a vault with capitals", { name: "Prod_Vault" }],
    ["comes every hour", { schedule: Schedule.cron("@hourly") }],
  ])("is accepted when it %s", (_case, props) => {
    expect(codeOf(props)).toBe("accepted");
  });
});
