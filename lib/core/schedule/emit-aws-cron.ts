import { isEvery, numbersBetween, WEEKDAYS, type CalendarField } from "./calendar-field";
import { anyDay, anyWeekday, type CalendarRule } from "./calendar-rule";
import { reachesEnd, writeValues } from "./compact-values";
import { mergeRules } from "./merge-rules";
import { countedFromStart } from "./month-lengths";
import { refuseSeconds, untranslatable } from "./untranslatable";

const LONGEST_EXPRESSION = 256;

/** The fields of the day of the month and the day of the week: one of them is `?`. */
type DayFields = readonly [day: string, weekday: string];

/**
 * The rules as `cron(minute hour day month weekday year)`, one or more.
 *
 * @throws SternaError `ScheduleUntranslatable`
 */
export function toAwsCron(rules: readonly CalendarRule[], target: string): string[] {
  return mergeRules(rules.flatMap((rule) => sayable(rule, target))).flatMap((rule) => {
    refuseSeconds(rule, target);
    return dayFields(rule, target).map((fields) => expression(rule, fields, target));
  });
}

/** The last day, and the last Monday, can be said; other days that are counted from the end only as dates. */
function sayable(rule: CalendarRule, target: string): CalendarRule[] {
  if (isLastDay(rule) || isLastWeekday(rule)) return [rule];
  const counted = countedFromStart(rule);
  if (rule.years !== undefined || counted.every(({ years }) => years === undefined)) return counted;
  throw untranslatable(
    target,
    "days before the last one are counted from the end of the month, and February ends on the 28th or the 29th; " +
      "AWS has L for the last day and 6L for the last Friday, and systemd can say more",
  );
}

const isLastDay = (rule: CalendarRule) =>
  rule.countedFrom === "end" && rule.days.length === 1 && rule.days[0] === 1 && anyWeekday(rule);

const isLastWeekday = ({ countedFrom, days }: CalendarRule) =>
  countedFrom === "end" && days.length === 7 && days.at(-1) === 7;

function dayFields(rule: CalendarRule, target: string): DayFields[] {
  if (isLastDay(rule)) return [["L", "?"]];
  if (anyWeekday(rule) && !isLastWeekday(rule)) return [[field(rule.days, "day"), "?"]];
  if (anyDay(rule)) return [["?", weekdays(rule)]];
  const weeks = isLastWeekday(rule) ? ["L"] : weeksOf(rule.days).map((week) => `#${week}`);
  if (weeks.length > 0)
    return rule.weekdays.flatMap((day) => weeks.map((week): DayFields => ["?", `${day + 1}${week}`]));
  throw untranslatable(
    target,
    "the day of the month and the day of the week must both match, and one of the two is always `?`; " +
      "whole weeks can be said, as in Mon *-*-01..07, the first Monday",
  );
}

/** Which weeks of the month the days make up, where they make up nothing else. */
function weeksOf(days: readonly number[]): number[] {
  const whole = numbersBetween(1, 5).filter((week) => daysOfWeek(week).every((day) => days.includes(day)));
  return whole.flatMap(daysOfWeek).length === days.length ? whole : [];
}

const daysOfWeek = (week: number) => numbersBetween(7 * week - 6, Math.min(7 * week, 31));

function expression(rule: CalendarRule, [day, weekday]: DayFields, target: string): string {
  const times = `${field(rule.minutes, "minute")} ${field(rule.hours, "hour")}`;
  const year = rule.years === undefined ? "*" : field(rule.years, "year");
  const text = `cron(${times} ${day} ${field(rule.months, "month")} ${weekday} ${year})`;
  if (text.length <= LONGEST_EXPRESSION) return text;
  throw untranslatable(target, `the expression has ${text.length} characters, and AWS takes ${LONGEST_EXPRESSION}`);
}

/** Names, since Sunday is 1 here and 0 elsewhere. */
function weekdays(rule: CalendarRule): string {
  const name = (day: number) => WEEKDAYS[day]!.toUpperCase();
  return writeValues(rule.weekdays, name, ({ first, last, step }) =>
    step === 1 ? `${name(first)}-${name(last)}` : rule.weekdays.map(name).join(","),
  );
}

function field(values: readonly number[], name: CalendarField): string {
  if (isEvery(values, name)) return "*";
  return writeValues(values, String, (span) => {
    if (span.step === 1) return `${span.first}-${span.last}`;
    return reachesEnd(span, name) ? `${span.first}/${span.step}` : values.join(",");
  });
}
