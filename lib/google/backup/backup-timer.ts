import {
  CloudRunV2JobIamMember,
  type CloudRunV2JobIamMemberConfig,
} from "@cdktf/provider-google/lib/cloud-run-v2-job-iam-member";
import { type CloudSchedulerJobConfig, CloudSchedulerJob } from "@cdktf/provider-google/lib/cloud-scheduler-job";
import {
  MonitoringAlertPolicy,
  type MonitoringAlertPolicyConfig,
} from "@cdktf/provider-google/lib/monitoring-alert-policy";
import { Annotations } from "cdktf";
import { Construct } from "constructs";
import { placeSchedule, checkTimerName } from "../../backup/timer";
import { checkProps } from "../../core/check-props";
import { Duration } from "../../core/duration";
import { type Transform, applyTransform, refuseUnusedTransforms } from "../../core/refactoring";
import type { Schedule } from "../../schedule/schedule";
import { collect } from "../../core/errors";

/** Options of `BackupTimer`. */
export interface BackupTimerProps {
  /** Name of the Cloud Scheduler jobs and the alerts: 2 to 50 letters, digits, hyphens and underscores. */
  readonly name: string;

  /** When backups begin. Cloud Scheduler accepts cron with five fields: no seconds, no last day of the month. */
  readonly schedule: Schedule;

  /** Id of the project of all resources. */
  readonly project: string;

  /** Region of the Cloud Run job and of the Cloud Scheduler jobs: `europe-west1`. */
  readonly region: string;

  /** Name of the Cloud Run job, whose container runs `sterna backup run`. */
  readonly jobName: string;

  /** E-mail address of the service account that may start the job. It is granted `roles/run.invoker` on the job. */
  readonly serviceAccountEmail: string;

  /**
   * How long Cloud Scheduler retries to start a run. A run that it cannot start in this time is skipped.
   * @default Duration.hours(1)
   */
  readonly retryFor?: Duration;

  /**
   * Names of Cloud Monitoring notification channels that are notified about failed or missing runs:
   * `projects/app/notificationChannels/123`.
   * @default - no notification
   */
  readonly notificationChannels?: readonly string[];

  /**
   * Changes the configuration of the resources inside. The result is not validated. A transform for a resource that the
   * other options leave out is refused.
   * @default - nothing is changed
   */
  readonly transform?: BackupTimerTransform;
}

/** One hook for each resource of `BackupTimer`. */
export interface BackupTimerTransform {
  /** Every Cloud Scheduler job. @default - unchanged */
  readonly job?: Transform<CloudSchedulerJobConfig>;
  /** The grant that lets the service account start the Cloud Run job. @default - unchanged */
  readonly invoker?: Transform<CloudRunV2JobIamMemberConfig>;
  /** Every alert policy. @default - unchanged */
  readonly alert?: Transform<MonitoringAlertPolicyConfig>;
}

const COMPLETED = 'metric.type="run.googleapis.com/job/completed_execution_count"';

/** Cloud Monitoring detects the absence of a metric for 23.5 hours at most. */
const LONGEST_ABSENCE = Duration.minutes(23.5 * 60);

/**
 * Starts a backup on a schedule: Cloud Scheduler runs a Cloud Run job.
 *
 * Emits a `google_cloud_scheduler_job` for each line that the schedule needs, `google_cloud_run_v2_job_iam_member` and,
 * with `notificationChannels`, `google_monitoring_alert_policy`. Cloud Scheduler has no jitter and does not catch up on
 * missed runs. The backup plan of the job defines what is kept, and for how long.
 */
export class BackupTimer extends Construct {
  /** The Cloud Scheduler jobs. Most schedules need only one. */
  readonly jobs: readonly CloudSchedulerJob[];

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/backup.md` */
  constructor(scope: Construct, id: string, props: BackupTimerProps) {
    super(scope, id);
    checkProps(this, "google/BackupTimerProps", props);
    const form = collect(this, () => {
      checkTimerName(props.name, this);
      const silent = props.notificationChannels === undefined && "there are no notificationChannels";
      refuseUnusedTransforms(this, props.transform, { alert: silent });
      return placeSchedule(props.schedule, "cloud-scheduler", this);
    });
    const { name, project, region, jobName, serviceAccountEmail, retryFor = Duration.hours(1) } = props;
    const grant = {
      project,
      location: region,
      name: jobName,
      role: "roles/run.invoker",
      member: `serviceAccount:${serviceAccountEmail}`,
    };
    const invoker = new CloudRunV2JobIamMember(this, "Invoker", applyTransform(grant, props.transform?.invoker));
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
      return new CloudSchedulerJob(this, jobId, applyTransform(config, props.transform?.job));
    });
    if (props.notificationChannels !== undefined) this.addAlerts(props, [...props.notificationChannels]);
  }

  private addAlerts(props: BackupTimerProps, notificationChannels: string[]): void {
    const { name, project, jobName, schedule, transform } = props;
    const job = `${COMPLETED} AND resource.type="cloud_run_job" AND resource.labels.job_name="${jobName}"`;
    const aggregations = [{ alignmentPeriod: "300s", perSeriesAligner: "ALIGN_SUM" }];
    const failed = {
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
    };
    new MonitoringAlertPolicy(this, "Failed", applyTransform(failed, transform?.alert));
    const longest = schedule.longestDistance();
    if (longest.toMilliseconds() >= LONGEST_ABSENCE.toMilliseconds()) {
      Annotations.of(this).addWarning(
        `${name} runs up to ${longest} apart, and Cloud Monitoring detects an absence of ${LONGEST_ABSENCE} at most: ` +
          "run `sterna backup verify` regularly to detect backups that did not happen",
      );
      return;
    }
    const absent = {
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
    };
    new MonitoringAlertPolicy(this, "Absent", applyTransform(absent, transform?.alert));
  }
}
