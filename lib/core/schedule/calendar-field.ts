/** First and last value of each field of a calendar rule. */
export const FIELD_RANGES = {
  second: [0, 59],
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  month: [1, 12],
  /** Sunday is 0. */
  weekday: [0, 6],
  /** What systemd and AWS take. */
  year: [1970, 2199],
} as const satisfies Record<string, readonly [number, number]>;

/** A field of a calendar rule. */
export type CalendarField = keyof typeof FIELD_RANGES;

/** Names of the days, as cron, AWS and systemd abbreviate them. Sunday first. */
export const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

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

/** The numbers in order, each once. */
export function sortedUnique(numbers: Iterable<number>): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** Whether the values are all that the field has. */
export function isEvery(values: readonly number[], field: CalendarField): boolean {
  const [first, last] = FIELD_RANGES[field];
  return values.length === last - first + 1;
}
