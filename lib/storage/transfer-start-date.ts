import type { IConstruct } from "constructs";
import { ValidationError } from "../core/validation-error";

/**
 * The parts of a day.
 *
 * @param day `2027-01-31`
 * @throws ValidationError `InvalidTransferStart`
 */
export function startDate(day: string, construct: IConstruct): { year: number; month: number; day: number } {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  const date = new Date(time);
  if (Number.isNaN(time) || date.toISOString().slice(0, 10) !== day) {
    throw new ValidationError(
      "InvalidTransferStart",
      `\`from\` is "${day}", which is no day; write year, month and day: "2027-01-31"`,
      construct,
    );
  }
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
