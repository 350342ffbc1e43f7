import { Duration } from "../core/duration";
import { SternaError } from "../core/errors";
import { parseAwsCron, parseRate } from "./aws-expressions";
import { calendarRule, type CalendarRule, WEEKDAYS, type Weekday, comesAgain, mergeRules } from "./calendar-rule";
import { nextRunsOf, clockChanges, type ClockChange, checkZone, distanceRange, UTC } from "./clock";
import { describeSchedule } from "./describe";
import { parseOnCalendar } from "./on-calendar";
import { parseTimeOfDay, evenMinutes, unreadable } from "./syntax";
import { formFor, type ScheduleForm, type ScheduleTarget } from "./targets";
import { parseUnixCron } from "./unix-cron";

/** Time zone of a schedule. */
export interface ScheduleOptions {
  /**
   * An IANA time zone name, such as `Europe/Berlin`.
   * @default - the zone in the expression, otherwise "UTC"
   */
  readonly zone?: string;
}

/** A time of day. */
export interface TimeOfDayOptions extends ScheduleOptions {
  /** `HH:MM`, 24 hours. */
  readonly at: string;
}

/** A time of day on one day of the week. */
export interface WeeklyOptions extends TimeOfDayOptions {
  /** The day of the week. */
  readonly on: Weekday;
}

/** A time of day on one day of the month. */
export interface MonthlyOptions extends TimeOfDayOptions {
  /** 1 to 31, or "last". Months without that day are skipped. */
  readonly on: number | "last";
}

/**
 * A recurring schedule: read from Unix cron, systemd's OnCalendar or AWS, and written for any scheduler that can
 * express it. What a scheduler cannot express is refused with the reason, never approximated.
 *
 * Times are in UTC unless a zone is given.
 */
export class Schedule {
  /**
   * Five fields of a crontab, or `@daily` and similar: `30 2 * * 1-5`. May be preceded by `CRON_TZ=Europe/Berlin`.
   *
   * @throws SternaError `ScheduleUnreadable`, `ScheduleAmbiguous`, `ScheduleNeverFires`, `ScheduleZoneUnknown`
   */
  static cron(expression: string, { zone }: ScheduleOptions = {}): Schedule {
    const [, ownZone, fields] = /^\s*(?:(?:CRON_)?TZ=(\S+)\s+)?(.*)$/s.exec(expression)!;
    return Schedule.ofRules(parseUnixCron(fields!), expression, oneZone([zone, ownZone], expression));
  }

  /**
   * One or more lines of systemd's calendar events: `Mon..Fri 02:30 Europe/Berlin`, `*-*~07/1`, `weekly`. Without a
   * zone in the line, systemd uses that of the host, but Sterna uses UTC.
   *
   * @throws SternaError `ScheduleUnreadable`, `ScheduleNeverFires`, `ScheduleZoneUnknown`, `ScheduleZonesDiffer`
   */
  static onCalendar(lines: string | readonly string[], { zone }: ScheduleOptions = {}): Schedule {
    const texts = (typeof lines === "string" ? lines.split("\n") : lines)
      .map((line) => line.trim().replace(/^OnCalendar\s*=\s*/i, ""))
      .filter((line) => line !== "");
    if (texts.length === 0) throw unreadable(String(lines), "there is no line");
    const read = texts.map(parseOnCalendar);
    const source = texts.join("\n");
    const zones = read.map((line) => line.zone ?? zone ?? UTC);
    return Schedule.ofRules(
      read.map(({ rule }) => rule),
      source,
      oneZone([zone, ...zones], source),
    );
  }

  /**
   * `cron(minute hour day month weekday year)` or `rate(5 hours)` of EventBridge and AWS Backup.
   *
   * @throws SternaError `ScheduleUnreadable`, `ScheduleNeverFires`, `ScheduleZoneUnknown`
   */
  static aws(expression: string, { zone }: ScheduleOptions = {}): Schedule {
    const text = expression.trim();
    if (/^rate\(/i.test(text)) return new Schedule([], text, checkZone(zone ?? UTC), parseRate(text));
    if (/^at\(/i.test(text)) throw unreadable(expression, "at(…) is a moment and comes once; a schedule comes again");
    return Schedule.ofRules(parseAwsCron(text), text, checkZone(zone ?? UTC), text);
  }

  /** Every day. @throws SternaError `ScheduleUnreadable`, `ScheduleZoneUnknown` */
  static daily({ at, zone }: TimeOfDayOptions): Schedule {
    return Schedule.typed(parseTimeOfDay(at), `every day at ${at}`, zone);
  }

  /** Every week. @throws SternaError `ScheduleUnreadable`, `ScheduleZoneUnknown` */
  static weekly({ on, at, zone }: WeeklyOptions): Schedule {
    return Schedule.typed({ ...parseTimeOfDay(at), weekdays: [WEEKDAYS.indexOf(on)] }, `every ${on} at ${at}`, zone);
  }

  /** Every month that has the day. @throws SternaError `ScheduleUnreadable`, `ScheduleZoneUnknown` */
  static monthly({ on, at, zone }: MonthlyOptions): Schedule {
    const source = `on day ${on} of every month at ${at}`;
    if (on !== "last" && !(Number.isInteger(on) && on >= 1 && on <= 31)) {
      throw unreadable(source, 'the day is 1 to 31, or "last"');
    }
    const days: Partial<CalendarRule> = on === "last" ? { days: [1], countedFrom: "end" } : { days: [on] };
    return Schedule.typed({ ...parseTimeOfDay(at), ...days }, source, zone);
  }

  /**
   * At regular intervals from midnight, which must divide the hour or the day: 5, 10, 15, 20, 30 minutes, or 1, 2, 3,
   * 4, 6, 8, 12 hours, and so on.
   *
   * @throws SternaError `ScheduleUnreadable`, `ScheduleZoneUnknown`
   */
  static every(distance: Duration, { zone }: ScheduleOptions = {}): Schedule {
    return Schedule.typed(evenMinutes(distance), `every ${distance}`, zone);
  }

  private static typed(fields: Partial<CalendarRule>, source: string, zone: string | undefined): Schedule {
    return Schedule.ofRules([calendarRule(fields)], source, checkZone(zone ?? UTC));
  }

  private static ofRules(
    rules: readonly CalendarRule[],
    source: string,
    zone: string,
    awsExpression?: string,
  ): Schedule {
    const schedule = new Schedule(mergeRules(rules), source, zone, undefined, awsExpression);
    if (comesAgain(schedule.rules, new Date())) return schedule;
    throw new SternaError(
      "ScheduleNeverFires",
      `"${source}" never comes (again): no day of the calendar from now on matches all of it`,
    );
  }

  private constructor(
    /**
     * Wall clock times; any of the rules may match. Empty for a rate.
     *
     * @internal
     */
    readonly rules: readonly CalendarRule[],
    /** The expression that it was read from. */
    readonly source: string,
    /** `UTC`, or an IANA time zone name. */
    readonly zone: string,
    /** Interval of a rate, counted from the creation of the schedule. */
    readonly rate?: Duration,
    /** The AWS expression, if it was read from one. */
    readonly awsExpression?: string,
  ) {}

  /**
   * The next times, computed by croner. At a clock change, a skipped time occurs when the skipped hour is over, and a
   * time that occurs twice runs once. Schedulers differ here, see `clockChanges`. A rate has none, since it counts from
   * the creation of the schedule.
   *
   * @param from only times after this one. @default - now
   */
  nextRuns(count: number, from: Date = new Date()): Date[] {
    return nextRunsOf(this.rules, this.zone, count, from);
  }

  /** The shortest interval between two runs: of 200 from the start of 2024, and around clock changes. */
  shortestDistance(): Duration {
    return this.rate ?? Duration.milliseconds(distanceRange(this.rules, this.zone).shortest);
  }

  /** The longest interval between two runs: of 200 from the start of 2024, and around clock changes. */
  longestDistance(): Duration {
    return this.rate ?? Duration.milliseconds(distanceRange(this.rules, this.zone).longest);
  }

  /** Changes to and from daylight saving time in the next two years that affect the schedule. None in UTC. */
  clockChanges(from: Date = new Date()): ClockChange[] {
    return clockChanges(this.rules, this.zone, from);
  }

  /**
   * The schedule in the form of a scheduler.
   *
   * @throws SternaError `ScheduleUntranslatable`, `ScheduleZoneUnsupported`, `ScheduleTooFrequent`
   */
  for(target: ScheduleTarget): ScheduleForm {
    return formFor(this, target);
  }

  /** The schedule in English, by cronstrue. */
  describe(): string {
    return describeSchedule(this);
  }

  /** The schedule in systemd's syntax, or the rate. */
  toString(): string {
    return this.rate === undefined ? this.for("systemd").lines.join("; ") : this.source;
  }
}

function oneZone(zones: readonly (string | undefined)[], expression: string): string {
  const different = [...new Set(zones.flatMap((zone) => (zone === undefined ? [] : [checkZone(zone)])))];
  if (different.length <= 1) return different[0] ?? UTC;
  throw new SternaError(
    "ScheduleZonesDiffer",
    `"${expression}" is in ${different.join(" and in ")}; a schedule has one zone: make one schedule for each`,
  );
}

/** The languages of schedule expressions. */
export const SCHEDULE_LANGUAGES = ["unix", "systemd", "aws"] as const satisfies readonly ScheduleLanguage[];

/** A language of schedule expressions. */
export type ScheduleLanguage = "unix" | "systemd" | "aws";

/** How to read an expression. */
export interface ReadScheduleOptions extends ScheduleOptions {
  /**
   * The language of the expression.
   * @default - detected from its form
   */
  readonly language?: ScheduleLanguage;
}

/**
 * Reads an expression in any language. `cron(…)` and `rate(…)` are AWS, five fields and `@daily` are cron, and
 * everything else is systemd. Six bare fields could be AWS or a cron with seconds, and are refused.
 *
 * @throws SternaError as `Schedule.cron`, `Schedule.onCalendar` and `Schedule.aws` do
 */
export function readSchedule(expression: string, { language: from, zone }: ReadScheduleOptions = {}): Schedule {
  switch (from ?? languageOf(expression)) {
    case "unix":
      return Schedule.cron(expression, { zone });
    case "aws":
      return Schedule.aws(expression, { zone });
    case "systemd":
      return Schedule.onCalendar(expression, { zone });
  }
}

/** @throws SternaError `ScheduleUnreadable` when it could be more than one */
export function languageOf(expression: string): ScheduleLanguage {
  const text = expression.trim();
  if (text === "") throw unreadable(expression, "there is nothing");
  if (/^(cron|rate|at)\(/i.test(text)) return "aws";
  if (/^((CRON_)?TZ=|@[a-z])/i.test(text)) return "unix";
  if (/[:~]|\.\.|^OnCalendar/i.test(text)) return "systemd";
  const fields = text.split(/\s+/);
  if (fields.length === 5) return "unix";
  if (fields.length < 5) return "systemd";
  throw new SternaError(
    "ScheduleUnreadable",
    `"${expression}" has ${fields.length} fields: write cron(…) around it if it is AWS's; cron has 5, without seconds`,
  );
}
