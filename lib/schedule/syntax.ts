import type { Duration } from "../core/duration";
import { SternaError } from "../core/errors";
import { FIELD_RANGES, MONTHS, WEEKDAYS, type CalendarField, type CalendarRule, numbersBetween } from "./calendar-rule";

/** Refuses an expression. */
export function unreadable(expression: string, reason: string): SternaError {
  return new SternaError("ScheduleUnreadable", `"${expression}": ${reason}`);
}

/** How a dialect maps the text of a field to its values. */
export interface FieldSyntax {
  readonly expression: string;
  readonly field: CalendarField;
  /** First and last value in this dialect. */
  readonly range: readonly [number, number];
}

/** The syntax of a field without a mapping. */
export function plainField(expression: string, field: CalendarField): FieldSyntax {
  return { expression, field, range: FIELD_RANGES[field] };
}

/**
 * Reads a number, or the name of a month or a day. `SUN` is the first value of the field.
 *
 * @throws SternaError `ScheduleUnreadable`
 */
export function readValue(text: string, { expression, field, range: [first, last] }: FieldSyntax): number {
  const names: readonly string[] = field === "month" ? MONTHS : field === "weekday" ? WEEKDAYS : [];
  const name = names.findIndex((candidate) => candidate.toLowerCase() === text.toLowerCase());
  if (name >= 0) return name + first;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (value >= first && value <= last) return value;
  const words = names.length > 0 ? ` or ${names[0]} to ${names.at(-1)}` : "";
  throw unreadable(expression, `${field} "${text}" is not ${first} to ${last}${words}`);
}

/** @throws SternaError `ScheduleUnreadable` */
export function readStep(text: string, { expression, field, range: [first, last] }: FieldSyntax): number {
  const step = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (step >= 1 && step <= last - first + 1) return step;
  throw unreadable(
    expression,
    `a step of "${text}" ${field}s is not 1 to ${last - first + 1}; steps start again with the next larger unit`,
  );
}

/**
 * Reads `02:00`.
 *
 * @throws SternaError `ScheduleUnreadable`
 */
export function parseTimeOfDay(text: string): Pick<CalendarRule, "hours" | "minutes"> {
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (minute === undefined) throw unreadable(text, 'a time of day is "HH:MM", 00:00 to 23:59');
  return { hours: [Number(hour)], minutes: [Number(minute)] };
}

/**
 * The times of a day at regular intervals, from midnight to midnight.
 *
 * @throws SternaError `ScheduleUnreadable` when the interval divides neither the hour nor the day
 */
export function evenMinutes(distance: Duration): Pick<CalendarRule, "hours" | "minutes"> {
  const minutes = distance.toMinutes({ integral: false });
  if (Number.isInteger(minutes) && minutes > 0 && minutes <= 60 && 60 % minutes === 0) {
    return { hours: numbersBetween(0, 23), minutes: numbersBetween(0, 59, minutes) };
  }
  const hours = minutes / 60;
  if (Number.isInteger(hours) && hours > 0 && 24 % hours === 0) {
    return { hours: numbersBetween(0, 23, hours), minutes: [0] };
  }
  throw unreadable(
    `every ${distance}`,
    "it divides neither the hour nor the day, so the distance would change at midnight; take 5, 10, 15, 20 or 30 " +
      "minutes, 1, 2, 3, 4, 6, 8, 12 or 24 hours, or rate(…) with EventBridge Scheduler",
  );
}
