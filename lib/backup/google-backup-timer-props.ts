import type { CloudSchedulerJobConfig } from "@cdktf/provider-google/lib/cloud-scheduler-job";
import type { Duration } from "../core/duration";
import type { Schedule } from "../core/schedule/schedule";
import type { Transform } from "../core/transform";

/** Options of `GoogleBackupTimer`. */
export interface GoogleBackupTimerProps {
  /** Name of the Cloud Scheduler jobs and the alerts: lower-case letters, digits and hyphens, at most 40. */
  readonly name: string;

  /** When backups begin. Cloud Scheduler takes five fields of cron: no seconds, no last day of the month. */
  readonly schedule: Schedule;

  /** Id of the project that everything is in. */
  readonly project: string;

  /** Region of the Cloud Run job and of the Cloud Scheduler jobs: `europe-west1`. */
  readonly region: string;

  /** Name of the Cloud Run job, whose container runs `sterna backup run`. */
  readonly jobName: string;

  /** E-mail address of the service account that may start the job. It is given `roles/run.invoker` on it. */
  readonly serviceAccountEmail: string;

  /**
   * How long Cloud Scheduler tries again to start a run. One that it could not start in this time is lost.
   * @default Duration.hours(1)
   */
  readonly retryFor?: Duration;

  /**
   * Names of notification channels of Cloud Monitoring that hear of runs that failed or did not happen:
   * `projects/app/notificationChannels/123`.
   * @default - nobody hears
   */
  readonly notificationChannels?: readonly string[];

  /**
   * Changes what is passed to each Cloud Scheduler job inside.
   * @default - nothing is changed
   */
  readonly transform?: Transform<CloudSchedulerJobConfig>;
}
