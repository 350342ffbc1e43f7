import { everyValue, isEvery } from "./calendar-field";

/**
 * The times of a wall clock that match every field: what one line of systemd's OnCalendar says. Values are in order,
 * each once; a field that does not matter holds every value.
 */
export interface CalendarRule {
  /** Nothing for every year. */
  readonly years?: readonly number[];
  readonly months: readonly number[];
  /** Days of the month; with `countedFrom: "end"` the last day is 1. */
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
  // Every day is every day, whichever end one counts from.
  return isEvery(rule.days, "day") ? { ...rule, countedFrom: "start" } : rule;
}

/** Whether the rule leaves the day of the month open. */
export function anyDay(rule: CalendarRule): boolean {
  return isEvery(rule.days, "day");
}

/** Whether the rule leaves the day of the week open. */
export function anyWeekday(rule: CalendarRule): boolean {
  return isEvery(rule.weekdays, "weekday");
}
