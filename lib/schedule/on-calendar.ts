import {
  everyValue,
  FIELD_RANGES,
  numbersBetween,
  sortedUnique,
  type CalendarField,
  calendarRule,
  type CalendarRule,
  isEvery,
  WEEKDAYS,
  anyWeekday,
} from "./calendar-rule";
import { checkZone } from "./clock";
import { unreadable } from "./syntax";
import { reachesEnd, writeValues, type Span } from "./write-fields";

/** @see https://www.freedesktop.org/software/systemd/man/latest/systemd.time.html#Calendar%20Events */
const SHORTHANDS: Readonly<Record<string, string>> = {
  minutely: "*-*-* *:*:00",
  hourly: "*-*-* *:00:00",
  daily: "*-*-* 00:00:00",
  weekly: "Mon *-*-* 00:00:00",
  monthly: "*-*-01 00:00:00",
  quarterly: "*-01,04,07,10-01 00:00:00",
  semiannually: "*-01,07-01 00:00:00",
  "semi-annually": "*-01,07-01 00:00:00",
  biannually: "*-01,07-01 00:00:00",
  "bi-annually": "*-01,07-01 00:00:00",
  yearly: "*-01-01 00:00:00",
  annually: "*-01-01 00:00:00",
};

/** One parsed line. */
export interface CalendarLine {
  readonly rule: CalendarRule;
  /** Absent if the line has no zone. */
  readonly zone?: string;
}

/**
 * Reads one line of systemd's calendar events: `Mon..Fri *-*-1..7 02:00/30 Europe/Berlin`, `*-*~07/1`, `weekly`.
 *
 * @throws SternaError `ScheduleUnreadable`, `ScheduleZoneUnknown`
 */
export function parseOnCalendar(line: string): CalendarLine {
  const words = line.trim().split(/\s+/);
  const zone = words.length > 1 && /^[a-z]/i.test(words.at(-1)!) ? checkZone(words.pop()!) : undefined;
  const [only = ""] = words;
  const expanded = words.length === 1 ? SHORTHANDS[only.toLowerCase()]?.split(" ") : undefined;
  return { rule: parseWords(expanded ?? words, line), zone };
}

function parseWords(words: readonly string[], line: string): CalendarRule {
  const rest = [...words];
  if (rest[0]?.startsWith("@")) throw unreadable(line, "a moment comes once, and a schedule comes again");
  const weekdays = /^[a-z]/i.test(rest[0] ?? "") ? parseWeekdays(rest.shift()!, line) : undefined;
  const date = rest[0]?.includes(":") ? undefined : rest.shift();
  const time = rest.shift();
  if (date === "" || rest.length > 0) {
    throw unreadable(line, "OnCalendar has weekdays, a date, a time and a zone, in this order, each at most once");
  }
  return calendarRule({
    ...(weekdays && { weekdays }),
    ...(date !== undefined && parseDate(date, line)),
    ...(time !== undefined && parseTime(time, line)),
  });
}

/** `year-month-day` or `month-day`, with `~` instead of the last hyphen for days counted from the end. */
function parseDate(text: string, line: string): Partial<CalendarRule> {
  const [, year, month = "", separator, day = ""] = /^(?:([^-~]+)-)?([^-~]+)([-~])([^-~]+)$/.exec(text) ?? [];
  if (separator === undefined) throw unreadable(line, `"${text}" is not a date: write "year-month-day" or "month-day"`);
  const fromEnd = separator === "~";
  return {
    years: year === undefined || year === "*" ? undefined : readChain(year, "year", line),
    months: readChain(month, "month", line),
    days: readChain(day, "day", line, fromEnd),
    countedFrom: fromEnd ? "end" : "start",
  };
}

function parseTime(text: string, line: string): Partial<CalendarRule> {
  const [hour, minute, second = "0", ...more] = text.split(":");
  if (minute === undefined || more.length > 0) {
    throw unreadable(line, `"${text}" is not a time: write "hour:minute" or "hour:minute:second"`);
  }
  return {
    hours: readChain(hour!, "hour", line),
    minutes: readChain(minute, "minute", line),
    seconds: readChain(second, "second", line),
  };
}

function readChain(text: string, field: CalendarField, line: string, fromEnd = false): number[] {
  if (text === "*") return everyValue(field);
  return sortedUnique(text.split(",").flatMap((component) => readComponent(component, field, line, fromEnd)));
}

type Range = readonly [number, number];

const COMPONENT = /^(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?))?(?:\/(\d+(?:\.\d+)?))?$/;

function readComponent(text: string, field: CalendarField, line: string, fromEnd: boolean): number[] {
  const [, startText, stopText, stepText] = COMPONENT.exec(text) ?? [];
  if (startText === undefined) {
    const hint = text.startsWith("*/")
      ? `: systemd has no "*/", write "${field === "day" ? 1 : 0}/${text.slice(2)}"`
      : "";
    throw unreadable(line, `${field} "${text}" is not a value, a range "a..b" or a repetition "a/n"${hint}`);
  }
  // Every month has the last 28 days.
  const range: Range = fromEnd ? [1, 28] : FIELD_RANGES[field];
  const [first, last] = range;
  const start = readNumber(startText, field, line, range);
  const step = stepText === undefined ? undefined : wholeNumber(stepText, field, line);
  if (step === 0) throw unreadable(line, `${field} "${text}" repeats every 0`);
  if (stopText !== undefined) {
    const stop = readNumber(stopText, field, line, range);
    if (stop < start) throw unreadable(line, `${field} "${text}" runs backwards: list the values`);
    return numbersBetween(start, stop, step);
  }
  if (step === undefined) return [start];
  if (fromEnd ? start - step < first : start + step > last) {
    throw unreadable(line, `${field} "${text}" does not come again before the next larger unit: write "${start}"`);
  }
  return fromEnd
    ? numbersBetween(0, start - first, step).map((passed) => start - passed)
    : numbersBetween(start, last, step);
}

function readNumber(text: string, field: CalendarField, line: string, [first, last]: Range): number {
  const number = wholeNumber(text, field, line);
  const value = field === "year" && number < 100 ? number + (number < 70 ? 2000 : 1900) : number;
  if (value >= first && value <= last) return value;
  throw unreadable(line, `${field} "${text}" is not ${first} to ${last}`);
}

function wholeNumber(text: string, field: CalendarField, line: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && (field === "second" || !text.includes("."))) return number;
  throw unreadable(line, `${field} "${text}" is not a whole number; nothing but systemd has parts of a second`);
}

/** systemd's week begins on Monday, so `Fri..Sun` is a range and `Sun..Tue` is not. */
const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/**
 * Reads `Mon..Fri,Sun`. `-` is the older form of `..`, and a trailing comma is allowed.
 *
 * @returns Sunday as 0
 * @throws SternaError `ScheduleUnreadable`
 */
function parseWeekdays(text: string, line: string): number[] {
  const items = text.replace(/,$/, "").split(",");
  return sortedUnique(items.flatMap((item) => readItem(item, line)).map((day) => (day + 1) % 7));
}

function readItem(item: string, line: string): number[] {
  const [from = "", to, ...more] = item.split(/\.\.|-/);
  if (more.length > 0) throw unreadable(line, `"${item}" is not a range of weekdays`);
  const first = readDay(from, line);
  if (to === undefined) return [first];
  const last = readDay(to, line);
  if (last < first) throw unreadable(line, `"${item}" runs backwards: systemd's week begins on Monday; list the days`);
  return numbersBetween(first, last);
}

function readDay(text: string, line: string): number {
  const day = DAYS.findIndex((name) => [name, name.slice(0, 3)].includes(text.toLowerCase()));
  if (day >= 0) return day;
  throw unreadable(line, `"${text}" is neither a weekday (Mon, Monday, …) nor a shorthand (daily, weekly, monthly, …)`);
}

const twoDigits = (value: number) => String(value).padStart(2, "0");

/** The rule as one line of OnCalendar, without the zone. */
export function toOnCalendar(rule: CalendarRule): string {
  const year = rule.years === undefined ? "*" : field(rule.years, "year");
  const date = `${year}-${field(rule.months, "month")}${rule.countedFrom === "end" ? "~" : "-"}${days(rule)}`;
  const time = [field(rule.hours, "hour"), field(rule.minutes, "minute"), field(rule.seconds, "second")].join(":");
  return `${anyWeekday(rule) ? "" : `${weekdays(rule)} `}${date} ${time}`;
}

function field(values: readonly number[], name: CalendarField): string {
  if (isEvery(values, name)) return "*";
  return writeValues(values, twoDigits, (span) => {
    const range = `${twoDigits(span.first)}..${twoDigits(span.last)}`;
    if (span.step === 1) return range;
    return mayStayOpen(span, name) ? `${twoDigits(span.first)}/${span.step}` : `${range}/${span.step}`;
  });
}

/**
 * systemd 252 continues past the end of the day when an open repetition does not divide the hour: after 23:56, `*:0/7`
 * comes at 00:07, and 00:00 is lost. With an explicit end, it comes at 00:00.
 */
function mayStayOpen(span: Span, name: CalendarField): boolean {
  const [start, end] = FIELD_RANGES[name];
  const length = end - start + 1;
  return ["second", "minute", "hour"].includes(name) && length % span.step === 0 && reachesEnd(span, name);
}

function days({ days: values, countedFrom }: CalendarRule): string {
  if (countedFrom === "start") return field(values, "day");
  const lastOnes = values.length > 2 && values.length <= 28 && values.at(-1) === values.length;
  // Ranges counted from the end are wrong in short months, except for this one, which ends with the month.
  return lastOnes ? `${twoDigits(values.length)}/1` : [...values].reverse().map(twoDigits).join(",");
}

/** systemd's week begins on Monday. */
function weekdays(rule: CalendarRule): string {
  const mondayFirst = sortedUnique(rule.weekdays.map((day) => (day + 6) % 7));
  const name = (day: number) => WEEKDAYS[(day + 1) % 7]!;
  return writeValues(mondayFirst, name, ({ first, last, step }) =>
    step === 1 ? `${name(first)}..${name(last)}` : mondayFirst.map(name).join(","),
  );
}
