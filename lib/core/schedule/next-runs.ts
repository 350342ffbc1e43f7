import { Cron } from "croner";
import { isEvery, type CalendarField } from "./calendar-field";
import type { CalendarRule } from "./calendar-rule";
import { countedFromStart } from "./month-lengths";

/**
 * The next times at which any of the rules matches, after `from`.
 *
 * croner finds them. A time that a change to summer time skips comes when the skipped hour is over, one that comes
 * twice is taken once.
 */
export function nextRunsOf(rules: readonly CalendarRule[], zone: string, count: number, from: Date): Date[] {
  const times = rules
    .flatMap(countedFromStart)
    .flatMap((rule) => nextRunsOfRule(rule, zone, count, from))
    .map((date) => date.getTime());
  return [...new Set(times)]
    .sort((a, b) => a - b)
    .slice(0, count)
    .map((time) => new Date(time));
}

function nextRunsOfRule(rule: CalendarRule, zone: string, count: number, from: Date): Date[] {
  const fields: readonly (readonly [readonly number[], CalendarField])[] = [
    [rule.seconds, "second"],
    [rule.minutes, "minute"],
    [rule.hours, "hour"],
    [rule.days, "day"],
    [rule.months, "month"],
    [rule.weekdays, "weekday"],
  ];
  const pattern = fields.map(([values, field]) => (isEvery(values, field) ? "*" : values.join(",")));
  const years = rule.years?.join(",") ?? "*";
  // `domAndDow`: a rule means "and" between the day of the month and the day of the week.
  return new Cron([...pattern, years].join(" "), { timezone: zone, domAndDow: true }).nextRuns(count, from);
}
