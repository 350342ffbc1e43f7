/** First and last value of each field of a calendar rule. */
export const FIELD_RANGES = {
  second: [0, 59],
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  month: [1, 12],
  /** Sunday is 0. */
  weekday: [0, 6],
  /** The range of systemd and AWS. */
  year: [1970, 2199],
} as const satisfies Record<string, readonly [number, number]>;

/** A field of a calendar rule. */
export type CalendarField = keyof typeof FIELD_RANGES;

/** Names of the days, as cron, AWS and systemd abbreviate them. Sunday first. */
export const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/** A day of the week. */
export type Weekday = "Sun" | "Mon" | "Tue" | "Wed" | "Thu" | "Fri" | "Sat";

/** Names of the months, as cron and AWS abbreviate them. January first. */
export const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** `first`, `first + step`, … up to `last`. */
export function numbersBetween(first: number, last: number, step = 1): number[] {
  const numbers: number[] = [];
  for (let number = first; number <= last; number += step) numbers.push(number);
  return numbers;
}

/** Every value of a field. */
export function everyValue(field: CalendarField): number[] {
  const [first, last] = FIELD_RANGES[field];
  return numbersBetween(first, last);
}

/** The numbers in order, without duplicates. */
export function sortedUnique(numbers: Iterable<number>): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** Whether the values are all values of the field. */
export function isEvery(values: readonly number[], field: CalendarField): boolean {
  const [first, last] = FIELD_RANGES[field];
  return values.length === last - first + 1;
}

/**
 * The wall clock times that match every field, like one line of systemd's OnCalendar. Values are sorted and unique; an
 * unrestricted field contains every value.
 */
export interface CalendarRule {
  /** If absent, every year. */
  readonly years?: readonly number[];
  readonly months: readonly number[];
  /** Days of the month. With `countedFrom: "end"`, the last day is 1. */
  readonly days: readonly number[];
  readonly countedFrom: "start" | "end";
  /** Sunday is 0. */
  readonly weekdays: readonly number[];
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly seconds: readonly number[];
}

/** Every day at midnight, with some fields replaced. */
export function calendarRule(fields: Partial<CalendarRule>): CalendarRule {
  const rule: CalendarRule = {
    months: everyValue("month"),
    days: everyValue("day"),
    countedFrom: "start",
    weekdays: everyValue("weekday"),
    hours: [0],
    minutes: [0],
    seconds: [0],
    ...fields,
  };
  // Every day is the same, whichever end it is counted from.
  return isEvery(rule.days, "day") ? { ...rule, countedFrom: "start" } : rule;
}

/** Whether the rule does not restrict the day of the month. */
export function anyDay(rule: CalendarRule): boolean {
  return isEvery(rule.days, "day");
}

/** Whether the rule does not restrict the day of the week. */
export function anyWeekday(rule: CalendarRule): boolean {
  return isEvery(rule.weekdays, "weekday");
}

const LISTS = ["months", "days", "weekdays", "hours", "minutes", "seconds"] as const;
type List = (typeof LISTS)[number] | "years";

/**
 * Fewer rules with the same times: those contained in another are dropped, and two that differ in a single field are
 * merged. Otherwise schedulers with one rule per line would fire twice where two rules overlap.
 */
export function mergeRules(rules: readonly CalendarRule[]): CalendarRule[] {
  const merged = [...rules];
  for (let first = 0; first < merged.length; first++) {
    for (let second = first + 1; second < merged.length; second++) {
      const union = unionOf(merged[first]!, merged[second]!);
      if (union === undefined) continue;
      merged.splice(second, 1);
      merged[first] = union;
      // The union may contain a rule that was compared before.
      second = first;
    }
  }
  return merged.length === rules.length ? merged : mergeRules(merged);
}

/** The single rule that is equivalent to both, if there is one. */
function unionOf(a: CalendarRule, b: CalendarRule): CalendarRule | undefined {
  const countedAlike = a.countedFrom === b.countedFrom || anyDay(a) || anyDay(b);
  if (!countedAlike) return undefined;
  const fields: List[] = [...LISTS, "years"];
  const differing = fields.filter((field) => !sameValues(a[field], b[field]));
  const [only] = differing;
  if (only === undefined) return a;
  if (differing.every((field) => contains(a[field], b[field]))) return a;
  if (differing.every((field) => contains(b[field], a[field]))) return b;
  if (differing.length > 1 || a.countedFrom !== b.countedFrom) return undefined;
  return calendarRule({ ...a, [only]: sortedUnique([...a[only]!, ...b[only]!]) });
}

function sameValues(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  return a?.length === b?.length && (a ?? []).every((value, index) => value === b![index]);
}

/** Whether `outer` has every value of `inner`. Undefined means every value. */
function contains(outer: readonly number[] | undefined, inner: readonly number[] | undefined): boolean {
  return outer === undefined || (inner !== undefined && inner.every((value) => outer.includes(value)));
}

const FEBRUARY = [2];
const THIRTY_DAYS = [4, 6, 9, 11];
const THIRTY_ONE_DAYS = [1, 3, 5, 7, 8, 10, 12];

/** Whether February has 29 days. */
export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/**
 * The same times with days counted from the start of the month: one rule for each possible length of a month. The rules
 * for February include years, since its length depends on them.
 */
export function countedFromStart(rule: CalendarRule): CalendarRule[] {
  if (rule.countedFrom === "start") return [rule];
  const years = rule.years ?? everyValue("year");
  const ofLength = (length: number, months: readonly number[], ofYears = rule.years): CalendarRule => ({
    ...rule,
    years: ofYears,
    months: rule.months.filter((month) => months.includes(month)),
    days: rule.days
      .map((day) => length + 1 - day)
      .filter((day) => day > 0)
      .reverse(),
    countedFrom: "start",
  });
  return [
    ofLength(31, THIRTY_ONE_DAYS),
    ofLength(30, THIRTY_DAYS),
    ofLength(
      28,
      FEBRUARY,
      years.filter((year) => !isLeapYear(year)),
    ),
    ofLength(29, FEBRUARY, years.filter(isLeapYear)),
  ].filter(({ months, days, years }) => months.length > 0 && days.length > 0 && years?.length !== 0);
}

/** A day of the calendar. */
export interface CalendarDay {
  readonly year: number;
  /** January is 1. */
  readonly month: number;
  readonly day: number;
}

/** Whether the rule has times on that day. */
export function matchesDay(rule: CalendarRule, { year, month, day }: CalendarDay): boolean {
  if (!rule.months.includes(month) || (rule.years !== undefined && !rule.years.includes(year))) return false;
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  return rule.days.includes(rule.countedFrom === "start" ? day : length + 1 - day) && rule.weekdays.includes(weekday);
}

const DAY = 86_400_000;

/** Whether any of the rules matches a day after the one of `from`, within the years that schedulers support. */
export function comesAgain(rules: readonly CalendarRule[], from: Date): boolean {
  const end = Date.UTC(FIELD_RANGES.year[1] + 1, 0, 1);
  for (let time = from.getTime() + DAY; time < end; time += DAY) {
    const date = new Date(time);
    const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    if (rules.some((rule) => matchesDay(rule, day))) return true;
  }
  return false;
}

/** Whether two of the rules can match at the same time. */
export function meet(rules: readonly CalendarRule[]): boolean {
  return rules.some((rule, index) => rules.slice(index + 1).some((other) => bothMatch(rule, other)));
}

function bothMatch(a: CalendarRule, b: CalendarRule): boolean {
  const days = a.countedFrom !== b.countedFrom || shareValue(a.days, b.days);
  const fields = ["months", "weekdays", "hours", "minutes", "seconds"] as const;
  return days && shareValue(a.years, b.years) && fields.every((field) => shareValue(a[field], b[field]));
}

function shareValue(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  return a === undefined || b === undefined || a.some((value) => b.includes(value));
}
