import { SternaError } from "../sterna-error";
import { FIELD_RANGES, MONTHS, WEEKDAYS, type CalendarField } from "./calendar-field";

/** Refuses an expression. */
export function unreadable(expression: string, reason: string): SternaError {
  return new SternaError("ScheduleUnreadable", `"${expression}": ${reason}`);
}

/** What separates a field's text from the values that it stands for. */
export interface FieldSyntax {
  readonly expression: string;
  readonly field: CalendarField;
  /** First and last value as this dialect writes them. */
  readonly range: readonly [number, number];
}

/** The syntax of a field whose values are written as they are. */
export function plainField(expression: string, field: CalendarField): FieldSyntax {
  return { expression, field, range: FIELD_RANGES[field] };
}

/**
 * Reads a number or a name of a month or a day; `SUN` is the first value of the field.
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
