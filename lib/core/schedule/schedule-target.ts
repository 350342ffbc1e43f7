/** The schedulers that a `Schedule` is written for. */
export const SCHEDULE_TARGETS = [
  "systemd",
  "crontab",
  "eventbridge-scheduler",
  "eventbridge-rule",
  "aws-backup",
  "cloud-scheduler",
  "kubernetes-cronjob",
] as const;

/** A scheduler. */
export type ScheduleTarget = (typeof SCHEDULE_TARGETS)[number];

/** What a schedule is to one scheduler. */
export interface ScheduleForm {
  readonly target: ScheduleTarget;

  /** Expressions, or lines of a file, that together say all of it. */
  readonly lines: readonly string[];

  /** What belongs into the scheduler's own field for the zone, where it has one. */
  readonly zone?: string;

  /** What this scheduler does that others do not. */
  readonly notes: readonly string[];
}
