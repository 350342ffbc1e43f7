import { everyValue, FIELD_RANGES, numbersBetween, sortedUnique, type CalendarField } from "./calendar-field";
import { calendarRule, type CalendarRule } from "./calendar-rule";
import { parseWeekdays } from "./parse-weekdays";
import { unreadable } from "./syntax";
import { checkZone } from "./zone";

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

/** One line, read. */
export interface CalendarLine {
  readonly rule: CalendarRule;
  /** Nothing where the line names none. */
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

/** `year-month-day` or `month-day`, with `~` instead of the last hyphen for days that are counted from the end. */
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
  // The last 28 days are those that every month has.
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
