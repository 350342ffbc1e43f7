import type { CalendarRule } from "../../lib/schedule/calendar-rule";

/** Days that are looked at: three years, with six changes of the clocks. */
const DAYS = Array.from({ length: 3 * 365 + 1 }, (_, index) => {
  const date = new Date(Date.UTC(2027, 1, 20 + index));
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + 1;
  const day = date.getUTCDate();
  return {
    date,
    year,
    month,
    day,
    fromEnd: new Date(Date.UTC(year, month, 0)).getUTCDate() + 1 - day,
    weekday: date.getUTCDay(),
  };
});

/** The second before the looking begins, as systemd-analyze takes it. */
export const WALL_CLOCK_START = "2027-02-19 23:59:59";

/** Where the looking ends. */
export const WALL_CLOCK_END = "2030-02-20T00:00:00";

/**
 * Times of a wall clock from 2027-02-20 on, found by looking at every day of three years: no library, and nothing of
 * `lib` but the shape of a rule.
 */
export function wallClockRuns(rules: readonly CalendarRule[], count: number): string[] {
  const runs: string[] = [];
  for (const day of DAYS) {
    if (runs.length >= count) break;
    const seconds = new Set<number>();
    for (const rule of rules) {
      if (
        rule.months.includes(day.month) &&
        rule.days.includes(rule.countedFrom === "end" ? day.fromEnd : day.day) &&
        rule.weekdays.includes(day.weekday) &&
        (rule.years?.includes(day.year) ?? true)
      ) {
        addTimes(rule, seconds, count);
      }
    }
    const times = [...seconds].sort((a, b) => a - b).slice(0, count);
    runs.push(...times.map((second) => new Date(day.date.getTime() + second * 1000).toISOString().slice(0, 19)));
  }
  return runs.slice(0, count);
}

function addTimes({ hours, minutes, seconds }: CalendarRule, times: Set<number>, count: number): void {
  let added = 0;
  for (const hour of hours) {
    for (const minute of minutes) {
      for (const second of seconds) {
        times.add(hour * 3600 + minute * 60 + second);
        if (++added >= count) return;
      }
    }
  }
}
