import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { describe, expect, test } from "@jest/globals";
import { TerraformStack, Testing, Token } from "cdktf";
import { DumpTarget } from "../../../lib/aws/backup/dump-target";
import { DumpTimer, type DumpTimerProps } from "../../../lib/aws/backup/dump-timer";
import { BackupTimer, type BackupTimerProps } from "../../../lib/google/backup/backup-timer";
import { Duration } from "../../../lib/core/duration";
import { Schedule } from "../../../lib/schedule/schedule";
import { onlyResource, synthesize } from "../../support/synth";

const ECS = DumpTarget.ecsTask({
  clusterArn: "arn:aws:ecs:eu-central-1:111122223333:cluster/app",
  taskDefinitionArn: "arn:aws:ecs:eu-central-1:111122223333:task-definition/dump:3",
  roleArns: ["arn:aws:iam::111122223333:role/dump"],
  subnetIds: ["subnet-1"],
});
const TOPIC = "arn:aws:sns:eu-central-1:111122223333:backups";
const PROPS: DumpTimerProps = { name: "app-ef", schedule: Schedule.daily({ at: "02:00" }), target: ECS };

describe("a dump timer", () => {
  const stackOf = (props: Partial<DumpTimerProps>) =>
    synthesize((stack) => {
      new AwsProvider(stack, "aws");
      new DumpTimer(stack, "dumps", { ...PROPS, ...props });
    });

  test("runs one task of ECS, in the schedule's zone, as a role that may start this task and no other", () => {
    // WHEN
    const stack = stackOf({ schedule: Schedule.daily({ at: "04:00", zone: "Europe/Berlin" }) });
    // THEN
    expect(onlyResource(stack, "aws_scheduler_schedule")).toMatchObject({
      schedule_expression: "cron(0 4 * * ? *)",
      schedule_expression_timezone: "Europe/Berlin",
      flexible_time_window: { mode: "OFF" },
      target: { ecs_parameters: { launch_type: "FARGATE", network_configuration: { assign_public_ip: false } } },
    });
    expect(JSON.parse(onlyResource(stack, "aws_iam_role_policy").policy as string).Statement).toEqual([
      {
        Effect: "Allow",
        Action: "ecs:RunTask",
        Resource: "arn:aws:ecs:eu-central-1:111122223333:task-definition/dump:3",
      },
      {
        Effect: "Allow",
        Action: "iam:PassRole",
        Resource: ["arn:aws:iam::111122223333:role/dump"],
        Condition: { StringLike: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
      },
    ]);
  });

  test("lets the scheduler assume its role for its own schedule group only", () => {
    const { assume_role_policy } = onlyResource(stackOf({}), "aws_iam_role");
    expect(JSON.parse(assume_role_policy as string).Statement[0].Condition).toEqual({
      StringEquals: {
        "aws:SourceAccount": expect.stringMatching(/^\$\{data\.aws_caller_identity\..*\.account_id\}$/),
        "aws:SourceArn": expect.stringMatching(/^\$\{aws_scheduler_schedule_group\..*\.arn\}$/),
      },
    });
  });

  // https://github.com/aws/aws-cdk/issues/30390
  const FAMILY = "arn:aws:ecs:eu-central-1:111122223333:task-definition/dump";
  const unknown = Token.asString({ resolve: () => "${aws_ecs_task_definition.dump.arn}" });
  test.each<[string, string, unknown, unknown[]]>([
    ["with a revision", `${FAMILY}:3`, `${FAMILY}:3`, [`${FAMILY}:3`]],
    ["without a revision", FAMILY, `${FAMILY}:*`, [{ prefix: `${FAMILY}:` }]],
    [
      "that Terraform alone knows",
      unknown,
      ["${aws_ecs_task_definition.dump.arn}", "${aws_ecs_task_definition.dump.arn}:*"],
      ["${aws_ecs_task_definition.dump.arn}", { prefix: "${aws_ecs_task_definition.dump.arn}:" }],
    ],
  ])("may start a task definition %s, and recognizes its failures", (_what, taskDefinitionArn, resource, event) => {
    // WHEN
    const target = DumpTarget.ecsTask({
      clusterArn: "arn:aws:ecs:eu-central-1:111122223333:cluster/app",
      taskDefinitionArn,
      roleArns: ["arn:aws:iam::111122223333:role/dump"],
      subnetIds: ["subnet-1"],
    });
    const stack = stackOf({ target, alarmTopicArns: [TOPIC] });
    // THEN
    const { Statement } = JSON.parse(onlyResource(stack, "aws_iam_role_policy").policy as string);
    expect(Statement[0]).toEqual({ Effect: "Allow", Action: "ecs:RunTask", Resource: resource });
    const pattern = JSON.parse(onlyResource(stack, "aws_cloudwatch_event_rule").event_pattern as string);
    expect(pattern.detail.taskDefinitionArn).toEqual(event);
  });

  // https://github.com/cn-terraform/terraform-aws-ecs-fargate-scheduled-task/issues/42
  test("lets everything that it makes be changed, such as a role that may tag tasks", () => {
    // WHEN
    const stack = stackOf({
      alarmTopicArns: [TOPIC],
      transform: {
        schedule: { state: "DISABLED" },
        group: { tags: { team: "ef" } },
        role: { description: "changed" },
        rolePolicy: (config) => {
          const document = JSON.parse(config.policy);
          document.Statement.push({ Effect: "Allow", Action: "ecs:TagResource", Resource: "*" });
          return { ...config, policy: JSON.stringify(document) };
        },
        failedRule: { description: "changed" },
        alarm: { actionsEnabled: false },
      },
    });
    // THEN
    expect(onlyResource(stack, "aws_scheduler_schedule")).toMatchObject({ state: "DISABLED" });
    expect(onlyResource(stack, "aws_scheduler_schedule_group")).toMatchObject({ tags: { team: "ef" } });
    expect(onlyResource(stack, "aws_iam_role")).toMatchObject({ description: "changed" });
    expect(onlyResource(stack, "aws_iam_role_policy").policy).toContain("ecs:TagResource");
    expect(onlyResource(stack, "aws_cloudwatch_event_rule")).toMatchObject({ description: "changed" });
    for (const each of Object.values(stack.resource.aws_cloudwatch_metric_alarm!)) {
      expect(each).toMatchObject({ actions_enabled: false });
    }
  });

  test("tells a topic of a task that failed or never started, and of a day without a run", () => {
    // WHEN
    const stack = stackOf({ alarmTopicArns: [TOPIC] });
    // THEN
    const pattern = JSON.parse(onlyResource(stack, "aws_cloudwatch_event_rule").event_pattern as string);
    expect(pattern.detail.containers.exitCode).toEqual([{ "anything-but": 0 }, { exists: false }]);
    const alarms = Object.values(stack.resource.aws_cloudwatch_metric_alarm!).map(({ alarm_name }) => alarm_name);
    expect(alarms.sort()).toEqual(["app-ef-backup-absent", "app-ef-dump-dropped", "app-ef-dump-failed-undelivered"]);
  });

  test("tells a topic of a function that threw", () => {
    const target = DumpTarget.lambda("arn:aws:lambda:eu-central-1:111122223333:function:dump");
    const alarms = Object.values(stackOf({ target, alarmTopicArns: [TOPIC] }).resource.aws_cloudwatch_metric_alarm!);
    expect(alarms).toContainEqual(expect.objectContaining({ namespace: "AWS/Lambda", metric_name: "Errors" }));
  });

  test("lets EventBridge pick the moment within the jitter", () => {
    expect(onlyResource(stackOf({ jitter: Duration.minutes(30) }), "aws_scheduler_schedule")).toMatchObject({
      flexible_time_window: { mode: "FLEXIBLE", maximum_window_in_minutes: 30 },
    });
  });

  test("takes a rate, which only EventBridge and systemd know", () => {
    expect(onlyResource(stackOf({ schedule: Schedule.aws("rate(5 hours)") }), "aws_scheduler_schedule")).toMatchObject({
      schedule_expression: "rate(5 hours)",
    });
  });

  test.each<[string, Partial<DumpTimerProps>, string]>([
    ["may be as late as the next run", { jitter: Duration.hours(24) }, "JitterTooLong"],
    ["has a jitter of seconds", { jitter: Duration.seconds(90) }, "InvalidBackupTimer"],
    ["retries for two days", { retryFor: Duration.days(2) }, "InvalidBackupTimer"],
    ["retries for half a minute", { retryFor: Duration.seconds(30) }, "InvalidBackupTimer"],
    ["changes alarms that it does not make", { transform: { alarm: {} } }, "TransformWithoutResource"],
    [
      "changes the rule for tasks of a function",
      {
        target: DumpTarget.lambda("arn:aws:lambda:eu-central-1:111122223333:function:dump"),
        alarmTopicArns: [TOPIC],
        transform: { failedRule: {} },
      },
      "TransformWithoutResource",
    ],
  ])("is refused when it %s", (_mistake, props, code) => {
    const make = () => new DumpTimer(new TerraformStack(Testing.app(), "test"), "dumps", { ...PROPS, ...props });
    expect(make).toThrow(expect.objectContaining({ code }));
  });
});

describe("a backup timer of Google Cloud", () => {
  const google: BackupTimerProps = {
    name: "app-ef",
    schedule: Schedule.weekly({ on: "Sun", at: "03:00", zone: "Europe/Berlin" }),
    project: "app-ef-production",
    region: "europe-west1",
    jobName: "backup",
    serviceAccountEmail: "timer@app-ef-production.iam.gserviceaccount.com",
  };
  const stackOf = (props: Partial<BackupTimerProps>) =>
    synthesize((stack) => {
      new GoogleProvider(stack, "google");
      new BackupTimer(stack, "backups", { ...google, ...props });
    });

  test("runs a Cloud Run job, in the schedule's zone, with Unix's numbers of the weekdays", () => {
    expect(onlyResource(stackOf({}), "google_cloud_scheduler_job")).toMatchObject({
      schedule: "0 3 * * 0",
      time_zone: "Europe/Berlin",
      http_target: {
        http_method: "POST",
        uri: "https://run.googleapis.com/v2/projects/app-ef-production/locations/europe-west1/jobs/backup:run",
        oauth_token: { service_account_email: google.serviceAccountEmail },
      },
    });
    expect(onlyResource(stackOf({}), "google_cloud_run_v2_job_iam_member")).toMatchObject({
      role: "roles/run.invoker",
    });
  });

  test("tells of failures, and of absence where Cloud Monitoring can", () => {
    const channels = { notificationChannels: ["projects/app/notificationChannels/1"] };
    const hourly = stackOf({ ...channels, schedule: Schedule.cron("@hourly") });
    expect(Object.keys(hourly.resource.google_monitoring_alert_policy!)).toHaveLength(2);
    expect(Object.keys(stackOf(channels).resource.google_monitoring_alert_policy!)).toHaveLength(1);
  });

  test("lets everything that it makes be changed", () => {
    // WHEN
    const stack = stackOf({
      notificationChannels: ["projects/app/notificationChannels/1"],
      transform: {
        job: { paused: true },
        invoker: { condition: { title: "-", expression: "true" } },
        alert: { enabled: false },
      },
    });
    // THEN
    expect(onlyResource(stack, "google_cloud_scheduler_job")).toMatchObject({ paused: true });
    expect(onlyResource(stack, "google_cloud_run_v2_job_iam_member")).toHaveProperty("condition");
    expect(onlyResource(stack, "google_monitoring_alert_policy")).toMatchObject({ enabled: false });
    expect(() => stackOf({ transform: { alert: { enabled: false } } })).toThrow(
      expect.objectContaining({ code: "TransformWithoutResource" }),
    );
  });

  test("is refused on the last day of the month, which five fields cannot say", () => {
    expect(() => stackOf({ schedule: Schedule.monthly({ on: "last", at: "03:00" }) })).toThrow(
      expect.objectContaining({ code: "ScheduleUntranslatable" }),
    );
  });
});
