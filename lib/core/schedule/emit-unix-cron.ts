import { everyValue } from "./calendar-field";
import { anyDay, anyWeekday, calendarRule, type CalendarRule } from "./calendar-rule";
import { cronField } from "./cron-field";
import { mergeRules } from "./merge-rules";
import { countedFromStart } from "./month-lengths";
import { refuseSeconds, untranslatable } from "./untranslatable";

/** What the readers of cron lines differ in. */
export interface UnixCronDialect {
  readonly name: string;
  /** Whether it says, as crontab(5) does, that one restricted day field *or* the other matches. */
  readonly eitherDay: boolean;
}

/**
 * The rules as lines of five fields: as few as the dialect allows.
 *
 * @throws SternaError `ScheduleUntranslatable`
 */
export function toUnixCron(rules: readonly CalendarRule[], { name, eitherDay }: UnixCronDialect): string[] {
  const counted = mergeRules(rules.flatMap(countedFromStart));
  for (const rule of counted) refuse(rule, rules, name);
  if (!eitherDay) return counted.map((rule) => line(rule));
  const lines: string[] = [];
  const left = [...counted];
  for (let rule = left.shift(); rule !== undefined; rule = left.shift()) {
    const partner = left.findIndex((other) => sameButForDays(rule, other));
    lines.push(line(rule, partner < 0 ? undefined : left.splice(partner, 1)[0]));
  }
  return lines;
}

function refuse(rule: CalendarRule, source: readonly CalendarRule[], target: string): void {
  refuseSeconds(rule, target);
  if (rule.years !== undefined && source.every(({ years }) => years === undefined)) {
    throw untranslatable(
      target,
      "days are counted from the end of the month, and February ends on the 28th or the 29th; " +
        "a fixed day such as the 28th can be said, and systemd can say the last",
    );
  }
  if (rule.years !== undefined) throw untranslatable(target, "it names years, and cron comes every year");
  if (!anyDay(rule) && !anyWeekday(rule)) {
    throw untranslatable(
      target,
      "the day of the month and the day of the week must both match, and cron takes either; systemd can say both",
    );
  }
}

/** Whether one rule restricts the day of the month and the other that of the week, and nothing else differs. */
function sameButForDays(a: CalendarRule, b: CalendarRule): boolean {
  const opposite = (anyDay(a) && !anyWeekday(a) && !anyDay(b)) || (anyWeekday(a) && !anyDay(a) && !anyWeekday(b));
  const open = (rule: CalendarRule) =>
    JSON.stringify(calendarRule({ ...rule, days: everyValue("day"), weekdays: everyValue("weekday") }));
  return opposite && open(a) === open(b);
}

function line(rule: CalendarRule, other?: CalendarRule): string {
  const days = other !== undefined && anyDay(rule) ? other.days : rule.days;
  const weekdays = other !== undefined && anyWeekday(rule) ? other.weekdays : rule.weekdays;
  return [
    cronField(rule.minutes, "minute"),
    cronField(rule.hours, "hour"),
    // With a star at its beginning, a day field next to another means "and" to some crons.
    cronField(days, "day", other === undefined),
    cronField(rule.months, "month"),
    cronField(weekdays, "weekday", other === undefined),
  ].join(" ");
}
