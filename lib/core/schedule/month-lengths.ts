import { everyValue } from "./calendar-field";
import type { CalendarRule } from "./calendar-rule";

const FEBRUARY = [2];
const THIRTY_DAYS = [4, 6, 9, 11];
const THIRTY_ONE_DAYS = [1, 3, 5, 7, 8, 10, 12];

/** Whether February has 29 days. */
export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/**
 * The same times with days counted from the start of the month: one rule for each length that a month can have.
 * The rules for February name the years, since its length depends on them.
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
