import { numbersBetween, sortedUnique } from "./calendar-field";
import { calendarRule, type CalendarRule } from "./calendar-rule";
import { plainField, readStep, readValue, unreadable, type FieldSyntax } from "./syntax";

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

/** Monday to Friday, or the Friday before, or the Monday after. It never leaves the month. */
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
  if (span === "*") return numbersBetween(range[0], range[1], step);
  const [from, to, ...more] = span.split("-");
  if (more.length > 0) throw unreadable(expression, `${field} "${item}" is not a range`);
  const first = readValue(from!, syntax);
  if (to === undefined) return stepText === undefined ? [first] : numbersBetween(first, range[1], step);
  const last = readValue(to, syntax);
  if (last < first) throw unreadable(expression, `${field} "${item}" runs backwards: list the values`);
  return numbersBetween(first, last, step);
}
