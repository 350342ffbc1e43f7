import { Duration } from "../core/duration";
import {
  numbersBetween,
  sortedUnique,
  calendarRule,
  type CalendarRule,
  isEvery,
  WEEKDAYS,
  type CalendarField,
  anyDay,
  anyWeekday,
  mergeRules,
  countedFromStart,
} from "./calendar-rule";
import { plainField, readStep, readValue, unreadable, type FieldSyntax } from "./syntax";
import { reachesEnd, writeValues, refuseSeconds, untranslatable } from "./write-fields";

const MONDAY_TO_FRIDAY = [1, 2, 3, 4, 5];
const [MONDAY, FRIDAY] = [[1], [5]];

/** The days of a rule. */
type Days = Pick<CalendarRule, "days" | "countedFrom" | "weekdays">;

/**
 * Reads `cron(minute hour day month weekday year)`. Weekdays are 1 to 7, Sunday is 1, and exactly one of the two day
 * fields is `?`.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 * @throws SternaError `ScheduleUnreadable`
 */
export function parseAwsCron(expression: string): CalendarRule[] {
  const body = /^cron\((.*)\)$/is.exec(expression.trim())?.[1] ?? expression;
  const fields = body.trim().split(/\s+/);
  if (fields.length !== 6) {
    throw unreadable(expression, `AWS has 6 fields, minute hour day month weekday year; got ${fields.length}`);
  }
  const [minute, hour, day, month, weekday, year] = fields as [string, string, string, string, string, string];
  if ((day === "?") === (weekday === "?")) {
    throw unreadable(expression, `exactly one of day "${day}" and weekday "${weekday}" must be "?"`);
  }
  const common = {
    minutes: readField(minute, plainField(expression, "minute")),
    hours: readField(hour, plainField(expression, "hour")),
    months: readField(month, plainField(expression, "month")),
    years: year === "*" ? undefined : readField(year, plainField(expression, "year")),
  };
  const days = weekday === "?" ? readDays(day, expression) : readWeekdays(weekday, expression);
  return days.map((ofRule) => calendarRule({ ...common, ...ofRule }));
}

function readDays(text: string, expression: string): Partial<Days>[] {
  if (/^LW$/i.test(text)) return lastWorkingDay();
  if (/^L$/i.test(text)) return [{ days: [1], countedFrom: "end" }];
  const nearest = /^(\d+)W$/i.exec(text)?.[1];
  if (nearest === undefined) return [{ days: readField(text, plainField(expression, "day")) }];
  const day = readValue(nearest, plainField(expression, "day"));
  if (day <= 27) return nearestWorkingDay(day);
  throw unreadable(expression, `where "${text}" falls depends on the length of the month: write 1W to 27W, or LW`);
}

/** Monday to Friday, or the Friday before, or the Monday after, within the same month. */
function nearestWorkingDay(day: number): Partial<Days>[] {
  if (day === 1) {
    return [
      { days: [1], weekdays: MONDAY_TO_FRIDAY },
      { days: [2, 3], weekdays: MONDAY },
    ];
  }
  return [
    { days: [day], weekdays: MONDAY_TO_FRIDAY },
    { days: [day - 1], weekdays: FRIDAY },
    { days: [day + 1], weekdays: MONDAY },
  ];
}

function lastWorkingDay(): Partial<Days>[] {
  return [
    { days: [1], countedFrom: "end", weekdays: MONDAY_TO_FRIDAY },
    { days: [2, 3], countedFrom: "end", weekdays: FRIDAY },
  ];
}

function readWeekdays(text: string, expression: string): Partial<Days>[] {
  const syntax: FieldSyntax = { expression, field: "weekday", range: [1, 7] };
  if (/^L$/i.test(text))
    throw unreadable(expression, 'weekday "L" is Saturday: write "SAT", or "6L" for the last Friday');
  const special = /^([a-z]+|\d)(?:#(\d)|L)$/i.exec(text);
  if (special === null) return [{ weekdays: readField(text, syntax).map((value) => value - 1) }];
  const weekdays = [readValue(special[1]!, syntax) - 1];
  if (special[2] === undefined) return [{ weekdays, days: numbersBetween(1, 7), countedFrom: "end" }];
  const nth = Number(special[2]);
  if (nth < 1 || nth > 5) throw unreadable(expression, `weekday "${text}": there is a first to fifth in a month`);
  return [{ weekdays, days: numbersBetween(7 * nth - 6, Math.min(7 * nth, 31)) }];
}

function readField(text: string, syntax: FieldSyntax): number[] {
  return sortedUnique(text.split(",").flatMap((item) => readItem(item, syntax)));
}

function readItem(item: string, syntax: FieldSyntax): number[] {
  const { expression, field, range } = syntax;
  const [span = "", stepText, ...rest] = item.split("/");
  if (rest.length > 0) throw unreadable(expression, `${field} "${item}" has more than one step`);
  const step = stepText === undefined ? 1 : readStep(stepText, syntax);
  // Secrets Manager documents "/8", which begins with the first value.
  if (span === "*" || (span === "" && stepText !== undefined)) return numbersBetween(range[0], range[1], step);
  const [from, to, ...more] = span.split("-");
  if (more.length > 0) throw unreadable(expression, `${field} "${item}" is not a range`);
  const first = readValue(from!, syntax);
  if (to === undefined) return stepText === undefined ? [first] : numbersBetween(first, range[1], step);
  const last = readValue(to, syntax);
  if (last < first) throw unreadable(expression, `${field} "${item}" runs backwards: list the values`);
  return numbersBetween(first, last, step);
}

const LONGEST_EXPRESSION = 256;

/** The fields for the day of the month and the day of the week. One of them is `?`. */
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

/** The last day and the last Monday can be expressed; other days counted from the end only as dates. */
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

/** The weeks of the month that the days form, if they form whole weeks. */
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

const UNITS = { minute: Duration.minutes, hour: Duration.hours, day: Duration.days } as const;

/**
 * Reads `rate(5 hours)`: counted from the creation of the schedule, independent of the clock.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based
 * @throws SternaError `ScheduleUnreadable`
 */
export function parseRate(expression: string): Duration {
  const [, amountText, unit, plural] =
    /^rate\(\s*(\d{1,6})\s+(minute|hour|day)(s?)\s*\)$/.exec(expression.trim()) ?? [];
  const amount = Number(amountText);
  if (unit === undefined || amount < 1) {
    throw unreadable(expression, "a rate is rate(1 hour), rate(5 minutes), rate(2 days)");
  }
  if ((amount === 1) !== (plural === "")) {
    throw unreadable(expression, `AWS wants "rate(${amount} ${unit}${amount === 1 ? "" : "s"})"`);
  }
  return UNITS[unit as keyof typeof UNITS](amount);
}

/** A duration in the format of AWS. */
export function rateExpression(every: Duration): string {
  const minutes = every.toMinutes();
  const [amount, unit] =
    minutes % 1440 === 0 ? [minutes / 1440, "day"] : minutes % 60 === 0 ? [minutes / 60, "hour"] : [minutes, "minute"];
  return `rate(${amount} ${unit}${amount === 1 ? "" : "s"})`;
}
