import { FIELD_RANGES } from "./calendar-field";
import type { CalendarRule } from "./calendar-rule";

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

/** Whether any of the rules matches a day after the one of `from`, as long as schedulers know years. */
export function comesAgain(rules: readonly CalendarRule[], from: Date): boolean {
  const end = Date.UTC(FIELD_RANGES.year[1] + 1, 0, 1);
  for (let time = from.getTime() + DAY; time < end; time += DAY) {
    const date = new Date(time);
    const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    if (rules.some((rule) => matchesDay(rule, day))) return true;
  }
  return false;
}
