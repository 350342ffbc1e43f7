import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { type SchedulerScheduleConfig, SchedulerSchedule } from "@cdktf/provider-aws/lib/scheduler-schedule";
import { SchedulerScheduleGroup } from "@cdktf/provider-aws/lib/scheduler-schedule-group";
import { Fn } from "cdktf";
import { Construct } from "constructs";
import { placeSchedule, checkTimerName } from "../../backup/timer";
import { checkProps } from "../../core/check-props";
import { Duration } from "../../core/duration";
import { collect, report } from "../../core/errors";
import { type Transform, applyTransform } from "../../core/refactoring";
import type { Schedule } from "../../schedule/schedule";
import { absenceAlarm, notifyTopics } from "./backup-alarms";
import type { DumpTarget } from "./dump-target";
import { serviceRole } from "./service-role";

/** Options of `DumpTimer`. */
export interface DumpTimerProps {
  /** Name of the schedules and alarms: lower-case letters, digits and hyphens, at most 40. */
  readonly name: string;

  /** When dumps begin. */
  readonly schedule: Schedule;

  /** What takes the dump. */
  readonly target: DumpTarget;

  /**
   * A delay of up to this long, in whole minutes up to a day, that EventBridge Scheduler picks for each run. Shorter
   * than the distance between two runs.
   * @default - no delay
   */
  readonly jitter?: Duration;

  /**
   * How long the scheduler tries again to start a run, in whole minutes up to a day. A run that it could not start at
   * all in this time is lost; none is made up for later.
   * @default Duration.hours(1)
   */
  readonly retryFor?: Duration;

  /**
   * ARN of an SQS queue that gets what could not be started.
   * @default - it is dropped, which raises the alarm
   */
  readonly deadLetterQueueArn?: string;

  /**
   * ARNs of up to five SNS topics that are notified about runs that failed or did not start.
   * @default - no notification
   */
  readonly alarmTopicArns?: readonly string[];

  /**
   * Changes what is passed to each schedule inside.
   * @default - nothing is changed
   */
  readonly transform?: Transform<SchedulerScheduleConfig>;
}

/**
 * Starts a dump on a schedule: EventBridge Scheduler runs a task of ECS or a function of Lambda.
 *
 * Emits `aws_scheduler_schedule_group`, an `aws_scheduler_schedule` for each line that the schedule takes, a role that
 * may start this target and no other, and alarms. A run that could not be started is tried again for `retryFor`; none
 * is made up for later. Where the clocks change, a skipped hour has no run and a repeated one has one.
 */
export class DumpTimer extends Construct {
  /** The schedules; most take one. */
  readonly schedules: readonly SchedulerSchedule[];

  private readonly group: SchedulerScheduleGroup;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/backup.md` */
  constructor(scope: Construct, id: string, props: DumpTimerProps) {
    super(scope, id);
    checkProps(this, "aws/DumpTimerProps", props);
    const { form, retry, jitter } = collect(this, () => {
      checkTimerName(props.name, this);
      return {
        retry: this.minutes(props.retryFor ?? Duration.hours(1), "retryFor"),
        jitter: props.jitter && this.jitterMinutes(props.jitter, props),
        form: placeSchedule(props.schedule, "eventbridge-scheduler", this),
      };
    });
    const role = serviceRole(this, "Role", "scheduler.amazonaws.com");
    const statements = [
      ...props.target.statements,
      ...(props.deadLetterQueueArn === undefined
        ? []
        : [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: props.deadLetterQueueArn }]),
    ];
    const policy = new IamRolePolicy(this, "RolePolicy", {
      role: role.name,
      policy: JSON.stringify({ Version: "2012-10-17", Statement: statements }),
    });
    this.group = new SchedulerScheduleGroup(this, "Group", { name: props.name });
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
          retryPolicy: { maximumEventAgeInSeconds: retry * 60, maximumRetryAttempts: 185 },
          deadLetterConfig: props.deadLetterQueueArn === undefined ? undefined : { arn: props.deadLetterQueueArn },
        },
        dependsOn: [policy],
      };
      const scheduleId = index === 0 ? "Resource" : `Resource${index + 1}`;
      return new SchedulerSchedule(this, scheduleId, applyTransform(config, props.transform));
    });
    if (props.alarmTopicArns !== undefined) this.addAlarms(props, props.alarmTopicArns);
  }

  private minutes(duration: Duration, name: string): number {
    const minutes = duration.toMinutes({ integral: false });
    if (Number.isInteger(minutes) && minutes >= 1 && minutes <= 1440) return minutes;
    report(this, "InvalidBackupTimer", `${name} is ${duration}; EventBridge Scheduler takes whole minutes, 1 to 1440`);
    return minutes;
  }

  private jitterMinutes(jitter: Duration, { schedule }: DumpTimerProps): number {
    const shortest = schedule.shortestDistance();
    if (jitter.toMilliseconds() < shortest.toMilliseconds()) return this.minutes(jitter, "jitter");
    report(
      this,
      "JitterTooLong",
      `a delay of up to ${jitter} reaches the next run, which can come after ${shortest}; write less`,
    );
    return jitter.toMinutes({ integral: false });
  }

  /** A run that was started and failed; one that was never started; no run at all. */
  private addAlarms({ name, schedule, target }: DumpTimerProps, topicArns: readonly string[]): void {
    const dimensions = { ScheduleGroup: this.group.name };
    this.addAlarm("Dropped", "AWS/Scheduler", "InvocationDroppedCount", dimensions, name, topicArns);
    if (target.functionArn !== undefined) {
      const functionName = Fn.element(Fn.split(":", target.functionArn), 6);
      this.addAlarm("Failed", "AWS/Lambda", "Errors", { FunctionName: functionName }, name, topicArns);
    }
    if (target.failureEvent !== undefined) {
      const eventPattern = JSON.stringify(target.failureEvent);
      const rule = new CloudwatchEventRule(this, "Failed", { name: `${name}-dump-failed`, eventPattern });
      notifyTopics(this, "FailedTopic", rule, topicArns);
    }
    absenceAlarm(this, {
      name,
      topicArns,
      schedule,
      namespace: "AWS/Scheduler",
      metricName: "InvocationAttemptCount",
      dimensions,
    });
  }

  private addAlarm(
    id: string,
    namespace: string,
    metricName: string,
    dimensions: Record<string, string>,
    name: string,
    topicArns: readonly string[],
  ): void {
    new CloudwatchMetricAlarm(this, id, {
      alarmName: `${name}-dump-${id.toLowerCase()}`,
      namespace,
      metricName,
      dimensions,
      statistic: "Sum",
      period: 300,
      evaluationPeriods: 1,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      treatMissingData: "notBreaching",
      alarmActions: [...topicArns],
    });
  }
}
