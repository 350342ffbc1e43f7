import { CloudRunV2JobIamMember } from "@cdktf/provider-google/lib/cloud-run-v2-job-iam-member";
import { type CloudSchedulerJobConfig, CloudSchedulerJob } from "@cdktf/provider-google/lib/cloud-scheduler-job";
import { MonitoringAlertPolicy } from "@cdktf/provider-google/lib/monitoring-alert-policy";
import { Annotations } from "cdktf";
import { Construct } from "constructs";
import { placeSchedule, checkTimerName } from "../../backup/timer";
import { checkProps } from "../../core/check-props";
import { Duration } from "../../core/duration";
import { type Transform, applyTransform } from "../../core/refactoring";
import type { Schedule } from "../../schedule/schedule";
import { collect } from "../../core/errors";

/** Options of `BackupTimer`. */
export interface BackupTimerProps {
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

const COMPLETED = 'metric.type="run.googleapis.com/job/completed_execution_count"';

/** Cloud Monitoring notices the absence of a metric for 23.5 hours at most. */
const LONGEST_ABSENCE = Duration.minutes(23.5 * 60);

/**
 * Starts a backup on a schedule: Cloud Scheduler runs a Cloud Run job.
 *
 * Emits a `google_cloud_scheduler_job` for each line that the schedule takes, `google_cloud_run_v2_job_iam_member` and,
 * with `notificationChannels`, `google_monitoring_alert_policy`. Cloud Scheduler has no jitter, and makes up for
 * nothing that was missed. What the job keeps, and for how long, is the business of its backup plan.
 */
export class BackupTimer extends Construct {
  /** The Cloud Scheduler jobs; most schedules take one. */
  readonly jobs: readonly CloudSchedulerJob[];

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/backup.md` */
  constructor(scope: Construct, id: string, props: BackupTimerProps) {
    super(scope, id);
    checkProps(this, "google/BackupTimerProps", props);
    const form = collect(this, () => {
      checkTimerName(props.name, this);
      return placeSchedule(props.schedule, "cloud-scheduler", this);
    });
    const { name, project, region, jobName, serviceAccountEmail, retryFor = Duration.hours(1) } = props;
    const invoker = new CloudRunV2JobIamMember(this, "Invoker", {
      project,
      location: region,
      name: jobName,
      role: "roles/run.invoker",
      member: `serviceAccount:${serviceAccountEmail}`,
    });
    this.jobs = form.lines.map((schedule, index) => {
      const config = {
        name: form.lines.length === 1 ? name : `${name}-${index + 1}`,
        project,
        region,
        schedule,
        timeZone: form.zone,
        attemptDeadline: "180s",
        retryConfig: { retryCount: 5, maxRetryDuration: `${Math.ceil(retryFor.toSeconds({ integral: false }))}s` },
        httpTarget: {
          httpMethod: "POST",
          uri: `https://run.googleapis.com/v2/projects/${project}/locations/${region}/jobs/${jobName}:run`,
          oauthToken: { serviceAccountEmail },
        },
        dependsOn: [invoker],
      };
      const jobId = index === 0 ? "Resource" : `Resource${index + 1}`;
      return new CloudSchedulerJob(this, jobId, applyTransform(config, props.transform));
    });
    if (props.notificationChannels !== undefined) this.addAlerts(props, [...props.notificationChannels]);
  }

  private addAlerts({ name, project, jobName, schedule }: BackupTimerProps, notificationChannels: string[]): void {
    const job = `${COMPLETED} AND resource.type="cloud_run_job" AND resource.labels.job_name="${jobName}"`;
    const aggregations = [{ alignmentPeriod: "300s", perSeriesAligner: "ALIGN_SUM" }];
    new MonitoringAlertPolicy(this, "Failed", {
      project,
      displayName: `${name}: a backup failed`,
      combiner: "OR",
      notificationChannels,
      conditions: [
        {
          displayName: "an execution failed",
          conditionThreshold: {
            filter: `${job} AND metric.labels.result="failed"`,
            comparison: "COMPARISON_GT",
            thresholdValue: 0,
            duration: "0s",
            aggregations,
          },
        },
      ],
    });
    const longest = schedule.longestDistance();
    if (longest.toMilliseconds() >= LONGEST_ABSENCE.toMilliseconds()) {
      Annotations.of(this).addWarning(
        `${name} comes every ${longest} at the longest, and Cloud Monitoring notices an absence of ${LONGEST_ABSENCE} at ` +
          "most: run `sterna backup verify` somewhere to hear of backups that did not happen",
      );
      return;
    }
    new MonitoringAlertPolicy(this, "Absent", {
      project,
      displayName: `${name}: no backup`,
      combiner: "OR",
      notificationChannels,
      conditions: [
        {
          displayName: "no execution succeeded",
          conditionAbsent: {
            filter: `${job} AND metric.labels.result="succeeded"`,
            duration: `${LONGEST_ABSENCE.toSeconds()}s`,
            aggregations,
          },
        },
      ],
    });
  }
}
