import type { CalendarRule } from "./calendar-rule";

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
