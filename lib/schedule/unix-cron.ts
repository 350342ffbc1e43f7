import { SternaError } from "../core/errors";
import {
  numbersBetween,
  sortedUnique,
  anyDay,
  anyWeekday,
  calendarRule,
  type CalendarRule,
  everyValue,
  mergeRules,
  countedFromStart,
} from "./calendar-rule";
import { plainField, readStep, readValue, unreadable, type FieldSyntax } from "./syntax";
import { cronField, refuseSeconds, untranslatable } from "./write-fields";

const MACROS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/**
 * Reads the five fields of a crontab, or `@daily` and similar.
 *
 * A restricted day of the month *or* a restricted day of the week matches (crontab(5)), so both together give two
 * rules. If one of them begins with `*` but is restricted, as in `*\/2`, cron implementations disagree whether that
 * means "or" or "and", and the expression is refused.
 *
 * @throws SternaError `ScheduleUnreadable`, `ScheduleAmbiguous`
 */
export function parseUnixCron(expression: string): CalendarRule[] {
  const text = expression.trim();
  const fields = (MACROS[text.toLowerCase()] ?? text).split(/\s+/);
  if (text.startsWith("@") && fields.length === 1) {
    throw unreadable(expression, `not one of ${Object.keys(MACROS).join(", ")}; @reboot is no time`);
  }
  if (fields.length !== 5) {
    throw unreadable(expression, `cron has 5 fields, minute hour day month weekday; got ${fields.length}`);
  }
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  const rule = calendarRule({
    minutes: readField(minute, plainField(expression, "minute")),
    hours: readField(hour, plainField(expression, "hour")),
    days: readField(day, plainField(expression, "day")),
    months: readField(month, plainField(expression, "month")),
    weekdays: sortedUnique(readField(weekday, weekdaySyntax(expression)).map((value) => value % 7)),
  });
  if (anyDay(rule) || anyWeekday(rule)) return eitherDay(rule, day, weekday);
  if (day.startsWith("*") || weekday.startsWith("*")) {
    throw new SternaError(
      "ScheduleAmbiguous",
      `"${expression}" restricts the day of the month and the day of the week, one of them with "*/n": some crons ` +
        `take that as "and", others as "or". Write the days out, as in "${day.startsWith("*") ? "1-31/2" : "1,3,5"}", for "or", or use OnCalendar for "and"`,
    );
  }
  return [calendarRule({ ...rule, weekdays: allWeekdays() }), calendarRule({ ...rule, days: allDays() })];
}

/** A field that lists every value, as in `13 * 0-6`, still counts as restricted: either matches. */
function eitherDay(rule: CalendarRule, day: string, weekday: string): CalendarRule[] {
  const both = !day.startsWith("*") && !weekday.startsWith("*");
  return [both ? calendarRule({ ...rule, days: allDays(), weekdays: allWeekdays() }) : rule];
}

const allDays = () => numbersBetween(1, 31);
const allWeekdays = () => numbersBetween(0, 6);

/** 7 is also Sunday. */
function weekdaySyntax(expression: string): FieldSyntax {
  return { expression, field: "weekday", range: [0, 7] };
}

function readField(text: string, syntax: FieldSyntax): number[] {
  return sortedUnique(text.split(",").flatMap((item) => readItem(item, syntax)));
}

function readItem(item: string, syntax: FieldSyntax): number[] {
  const { expression, field, range } = syntax;
  const [span = "", stepText, ...rest] = item.split("/");
  if (rest.length > 0) throw unreadable(expression, `${field} "${item}" has more than one step`);
  if (/^(L|\d*[LW]|.*#.*|\?)$/i.test(span)) {
    throw unreadable(expression, `"${item}" is not cron's, but AWS's: write cron(minute hour day month weekday year)`);
  }
  const step = stepText === undefined ? 1 : readStep(stepText, syntax);
  if (span === "*") return numbersBetween(range[0], field === "weekday" ? 6 : range[1], step);
  const [from, to, ...more] = span.split("-");
  if (more.length > 0) throw unreadable(expression, `${field} "${item}" is not a range`);
  const first = readValue(from!, syntax);
  if (to === undefined) {
    if (stepText === undefined) return [first];
    throw unreadable(expression, `${field} "${item}" has a step and no range: write "${first}-${range[1]}/${step}"`);
  }
  const last = readValue(to, syntax);
  if (last < first) {
    // Saturday to Sunday is possible, since Sunday is also 7.
    if (field === "weekday" && last === 0) return numbersBetween(first, 7, step);
    throw unreadable(
      expression,
      `${field} "${item}" runs backwards: write "${first}-${range[1]},${range[0]}-${last}" if it is to wrap around`,
    );
  }
  return numbersBetween(first, last, step);
}

/** Differences between the readers of cron lines. */
export interface UnixCronDialect {
  readonly name: string;
  /** Whether one restricted day field *or* the other matches, as in crontab(5). */
  readonly eitherDay: boolean;
}

/**
 * The rules as lines of five fields, as few as the dialect allows.
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

/** Whether one rule restricts the day of the month and the other the day of the week, and nothing else differs. */
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
    // If a day field begins with a star, some crons combine the two day fields with "and".
    cronField(days, "day", other === undefined),
    cronField(rule.months, "month"),
    cronField(weekdays, "weekday", other === undefined),
  ].join(" ");
}
