import type { SchedulerScheduleConfig } from "@cdktf/provider-aws/lib/scheduler-schedule";
import type { Duration } from "../core/duration";
import type { Schedule } from "../core/schedule/schedule";
import type { Transform } from "../core/transform";
import type { DumpTarget } from "./dump-target";

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
   * ARN of an SNS topic that hears of runs that failed, or were not started.
   * @default - nobody hears
   */
  readonly alarmTopicArn?: string;

  /**
   * Changes what is passed to each schedule inside.
   * @default - nothing is changed
   */
  readonly transform?: Transform<SchedulerScheduleConfig>;
}
