import type { Duration } from "../core/duration";
import { SternaError } from "../core/errors";
import { toAwsCron, rateExpression } from "./aws-expressions";
import { type CalendarRule, meet } from "./calendar-rule";
import { UTC } from "./clock";
import { toOnCalendar } from "./on-calendar";
import { toUnixCron } from "./unix-cron";
import { untranslatable } from "./write-fields";

/** The schedulers that a `Schedule` can be written for. */
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

/** A schedule in the form of one scheduler. */
export interface ScheduleForm {
  readonly target: ScheduleTarget;

  /** Expressions, or lines of a file, that together are equivalent to the schedule. */
  readonly lines: readonly string[];

  /** Value of the scheduler's own field for the zone, if it has one. */
  readonly zone?: string;

  /** Behavior of this scheduler that differs from others. */
  readonly notes: readonly string[];
}

/** The input of a form. */
export interface Translatable {
  readonly rules: readonly CalendarRule[];
  readonly zone: string;
  readonly rate?: Duration;
  readonly awsExpression?: string;
  shortestDistance(): Duration;
}

const HOUR = 3_600_000;

/** @throws SternaError `ScheduleUntranslatable`, `ScheduleZoneUnsupported`, `ScheduleTooFrequent` */
export function formFor(schedule: Translatable, target: ScheduleTarget): ScheduleForm {
  const { rules, zone } = schedule;
  switch (target) {
    case "systemd":
      return { target, lines: systemdLines(schedule), notes: [] };
    case "crontab": {
      const lines = toUnixCron(calendar(schedule, target), { name: target, eitherDay: true });
      const note = `the cron of Debian and Ubuntu does not read CRON_TZ: there, the host's zone must be ${zone}`;
      return { target, lines: [`CRON_TZ=${zone}`, ...lines], notes: [note, ...meetings(lines, rules)] };
    }
    case "kubernetes-cronjob": {
      const lines = toUnixCron(calendar(schedule, target), { name: target, eitherDay: true });
      return { target, lines, zone, notes: meetings(lines, rules) };
    }
    case "cloud-scheduler": {
      const lines = toUnixCron(calendar(schedule, target), { name: target, eitherDay: false });
      return { target, lines, zone, notes: meetings(lines, rules) };
    }
    case "eventbridge-rule":
      if (zone !== UTC) {
        throw new SternaError(
          "ScheduleZoneUnsupported",
          `the rules of EventBridge know no zone but UTC, and the schedule is in ${zone}; take EventBridge Scheduler`,
        );
      }
      return { target, ...awsLines(schedule, target) };
    case "eventbridge-scheduler":
      return { target, ...awsLines(schedule, target), zone };
    case "aws-backup": {
      calendar(schedule, target);
      if (schedule.shortestDistance().toMilliseconds({ integral: false }) < HOUR) {
        throw new SternaError(
          "ScheduleTooFrequent",
          `AWS Backup runs at most once an hour, and this comes every ${schedule.shortestDistance()}`,
        );
      }
      return { target, ...awsLines(schedule, target), zone };
    }
  }
}

/** A rate counts from the creation of the schedule, as systemd's monotonic timers do from their start. */
function systemdLines({ rules, rate, zone }: Translatable): string[] {
  if (rate !== undefined) return [`OnActiveSec=${rate.toSeconds()}s`, `OnUnitActiveSec=${rate.toSeconds()}s`];
  return rules.map((rule) => `OnCalendar=${toOnCalendar(rule)} ${zone}`);
}

function awsLines(schedule: Translatable, target: ScheduleTarget): Pick<ScheduleForm, "lines" | "notes"> {
  if (schedule.rate !== undefined) return { lines: [rateExpression(schedule.rate)], notes: [] };
  if (schedule.awsExpression !== undefined) {
    const body = schedule.awsExpression
      .replace(/^cron\(|\)$/gi, "")
      .trim()
      .split(/\s+/)
      .join(" ");
    return { lines: [`cron(${body.toUpperCase()})`], notes: [] };
  }
  const lines = toAwsCron(schedule.rules, target);
  return { lines, notes: meetings(lines, schedule.rules) };
}

function calendar({ rules, rate }: Translatable, target: ScheduleTarget): readonly CalendarRule[] {
  if (rate === undefined) return rules;
  throw untranslatable(
    target,
    `${rateExpression(rate)} counts from when the schedule was made, and ${target} goes by the clock; write a cron`,
  );
}

/** Two entries that overlap fire twice, except within one systemd timer. */
function meetings(lines: readonly string[], rules: readonly CalendarRule[]): string[] {
  if (lines.length < 2) return [];
  const twice = meet(rules) ? ", and it fires once for each where they fall on the same minute" : "";
  return [`it takes ${lines.length} entries to say this${twice}`];
}
