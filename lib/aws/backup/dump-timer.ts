import { CloudwatchEventRule, type CloudwatchEventRuleConfig } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import {
  CloudwatchMetricAlarm,
  type CloudwatchMetricAlarmConfig,
} from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { DataAwsCallerIdentity } from "@cdktf/provider-aws/lib/data-aws-caller-identity";
import type { IamRoleConfig } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy, type IamRolePolicyConfig } from "@cdktf/provider-aws/lib/iam-role-policy";
import { type SchedulerScheduleConfig, SchedulerSchedule } from "@cdktf/provider-aws/lib/scheduler-schedule";
import {
  SchedulerScheduleGroup,
  type SchedulerScheduleGroupConfig,
} from "@cdktf/provider-aws/lib/scheduler-schedule-group";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import { placeSchedule, checkTimerName } from "../../backup/timer";
import { checkProps } from "../../core/check-props";
import { Duration } from "../../core/duration";
import { collect, report } from "../../core/errors";
import { type Transform, applyTransform, refuseUnusedTransforms } from "../../core/refactoring";
import type { Schedule } from "../../schedule/schedule";
import { absenceAlarm, ANY_FAILURE, checkTopics, notifyTopics } from "./backup-alarms";
import type { DumpTarget } from "./dump-target";
import { serviceRole } from "./service-role";

/** Options of `DumpTimer`. */
export interface DumpTimerProps {
  /** Name of the schedules and alarms: 2 to 50 letters, digits, hyphens and underscores. */
  readonly name: string;

  /** When dumps begin. */
  readonly schedule: Schedule;

  /** What runs the dump. */
  readonly target: DumpTarget;

  /**
   * Maximum random delay that EventBridge Scheduler adds to each run: whole minutes, up to a day, and shorter than the
   * time between two runs.
   * @default - no delay
   */
  readonly jitter?: Duration;

  /**
   * How long the scheduler retries to start a run: 60 seconds to a day. A run that it cannot start in this time is
   * skipped.
   * @default Duration.hours(1)
   */
  readonly retryFor?: Duration;

  /**
   * ARN of an SQS queue that receives the runs that could not be started.
   * @default - they are dropped, which raises the alarm
   */
  readonly deadLetterQueueArn?: string;

  /**
   * ARNs of up to five SNS topics that are notified about runs that failed or did not start. EventBridge and CloudWatch
   * must be allowed to publish to them, as with an `AlarmTopic`.
   * @default - no notification
   */
  readonly alarmTopicArns?: readonly string[];

  /**
   * Changes the configuration of the resources inside. The result is not validated. A transform for a resource that the
   * other options leave out is refused.
   * @default - nothing is changed
   */
  readonly transform?: DumpTimerTransform;
}

/** One hook for each resource of `DumpTimer`. */
export interface DumpTimerTransform {
  /** Every schedule. @default - unchanged */
  readonly schedule?: Transform<SchedulerScheduleConfig>;
  /** @default - unchanged */
  readonly group?: Transform<SchedulerScheduleGroupConfig>;
  /** @default - unchanged */
  readonly role?: Transform<IamRoleConfig>;
  /** @default - unchanged */
  readonly rolePolicy?: Transform<IamRolePolicyConfig>;
  /** The EventBridge rule for failed tasks. @default - unchanged */
  readonly failedRule?: Transform<CloudwatchEventRuleConfig>;
  /** Every alarm. @default - unchanged */
  readonly alarm?: Transform<CloudwatchMetricAlarmConfig>;
}

/**
 * Starts a dump on a schedule: EventBridge Scheduler runs an ECS task or a Lambda function.
 *
 * Emits `aws_scheduler_schedule_group`, an `aws_scheduler_schedule` for each line that the schedule needs, a role that
 * may start only this target, and alarms. EventBridge Scheduler retries a run that it could not start for `retryFor`,
 * and does not catch up on older ones. When clocks change, a skipped hour has no run and a repeated hour has one.
 */
export class DumpTimer extends Construct {
  /** The EventBridge schedules. Most schedules need only one. */
  readonly schedules: readonly SchedulerSchedule[];

  private readonly group: SchedulerScheduleGroup;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/backup.md` */
  constructor(scope: Construct, id: string, props: DumpTimerProps) {
    super(scope, id);
    checkProps(this, "aws/DumpTimerProps", props);
    const { form, retrySeconds, jitter } = collect(this, () => {
      checkTimerName(props.name, this);
      checkTopics(props.alarmTopicArns, this);
      const silent = props.alarmTopicArns === undefined && "there are no alarmTopicArns";
      const noEvent = props.target.failureEvent === undefined && "failures of a Lambda function are a metric";
      refuseUnusedTransforms(this, props.transform, { failedRule: silent || noEvent, alarm: silent });
      return {
        retrySeconds: this.retrySeconds(props.retryFor ?? Duration.hours(1)),
        jitter: props.jitter && this.jitterMinutes(props.jitter, props),
        form: placeSchedule(props.schedule, "eventbridge-scheduler", this),
      };
    });
    const { transform } = props;
    this.group = new SchedulerScheduleGroup(this, "Group", applyTransform({ name: props.name }, transform?.group));
    const role = serviceRole(this, "Role", {
      service: "scheduler.amazonaws.com",
      // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
      condition: {
        StringEquals: {
          "aws:SourceAccount": new DataAwsCallerIdentity(this, "Account").accountId,
          "aws:SourceArn": this.group.arn,
        },
      },
      transform: transform?.role,
    });
    const statements = [
      ...props.target.statements,
      ...(props.deadLetterQueueArn === undefined
        ? []
        : [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: props.deadLetterQueueArn }]),
    ];
    const document = { role: role.name, policy: JSON.stringify({ Version: "2012-10-17", Statement: statements }) };
    const policy = new IamRolePolicy(this, "RolePolicy", applyTransform(document, transform?.rolePolicy));
    this.schedules = form.lines.map((scheduleExpression, index) => {
      const config = {
        name: form.lines.length === 1 ? props.name : `${props.name}-${index + 1}`,
        groupName: this.group.name,
        scheduleExpression,
        scheduleExpressionTimezone: form.zone,
        flexibleTimeWindow:
          jitter === undefined ? { mode: "OFF" } : { mode: "FLEXIBLE", maximumWindowInMinutes: jitter },
        target: {
          ...props.target.config,
          roleArn: role.arn,
          retryPolicy: { maximumEventAgeInSeconds: retrySeconds, maximumRetryAttempts: 185 },
          deadLetterConfig: props.deadLetterQueueArn === undefined ? undefined : { arn: props.deadLetterQueueArn },
        },
        dependsOn: [policy],
      };
      const scheduleId = index === 0 ? "Resource" : `Resource${index + 1}`;
      return new SchedulerSchedule(this, scheduleId, applyTransform(config, transform?.schedule));
    });
    if (props.alarmTopicArns !== undefined) this.addAlarms(props, props.alarmTopicArns);
  }

  /** @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html (60 to 86,400) */
  private retrySeconds(retryFor: Duration): number {
    const seconds = retryFor.toSeconds({ integral: false });
    if (Number.isInteger(seconds) && seconds >= 60 && seconds <= 86_400) return seconds;
    report(this, "InvalidBackupTimer", `retryFor is ${retryFor}; EventBridge Scheduler takes 60 seconds to a day`);
    return seconds;
  }

  private jitterMinutes(jitter: Duration, { schedule }: DumpTimerProps): number {
    const minutes = jitter.toMinutes({ integral: false });
    const shortest = schedule.shortestDistance();
    if (jitter.toMilliseconds() >= shortest.toMilliseconds()) {
      const message = `a delay of up to ${jitter} reaches the next run, which can come after ${shortest}; write less`;
      report(this, "JitterTooLong", message);
    } else if (!Number.isInteger(minutes) || minutes < 1 || minutes > 1440) {
      const message = `jitter is ${jitter}; EventBridge Scheduler takes whole minutes, 1 to 1440`;
      report(this, "InvalidBackupTimer", message);
    }
    return minutes;
  }

  /** One alarm each for a run that failed, a run that could not start, and missing runs. */
  private addAlarms(props: DumpTimerProps, topicArns: readonly string[]): void {
    const { name, schedule, target, transform } = props;
    const dimensions = { ScheduleGroup: this.group.name };
    this.addAlarm("Dropped", "AWS/Scheduler", "InvocationDroppedCount", dimensions, props);
    if (target.functionArn !== undefined) {
      const functionName = Fn.element(Fn.split(":", target.functionArn), 6);
      this.addAlarm("Failed", "AWS/Lambda", "Errors", { FunctionName: functionName }, props);
    }
    if (target.failureEvent !== undefined) {
      const config = { name: `${name}-dump-failed`, eventPattern: JSON.stringify(target.failureEvent) };
      const rule = new CloudwatchEventRule(this, "Failed", applyTransform(config, transform?.failedRule));
      notifyTopics(this, "FailedTopic", rule, config.name, topicArns, transform);
    }
    absenceAlarm(this, {
      name,
      topicArns,
      schedule,
      namespace: "AWS/Scheduler",
      metricName: "InvocationAttemptCount",
      dimensions,
      transform,
    });
  }

  private addAlarm(
    id: string,
    namespace: string,
    metricName: string,
    dimensions: Record<string, string>,
    { name, alarmTopicArns = [], transform }: DumpTimerProps,
  ): void {
    const alarm = {
      alarmName: `${name}-dump-${id.toLowerCase()}`,
      namespace,
      metricName,
      dimensions,
      ...ANY_FAILURE,
      alarmActions: [...alarmTopicArns],
    };
    new CloudwatchMetricAlarm(this, id, applyTransform(alarm, transform?.alarm));
  }
}
