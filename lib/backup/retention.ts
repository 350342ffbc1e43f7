import type { IConstruct } from "constructs";
import type { Duration } from "../core/duration";
import { ValidationError } from "../core/validation-error";

/**
 * Refuses to delete backups before the day until which they were promised.
 *
 * @returns the whole days that backups are kept
 * @throws ValidationError `RetentionContradiction`, `InvalidBackupTimer`
 */
export function checkRetention(keepFor: Duration, promised: Duration | undefined, construct: IConstruct): number {
  const days = wholeDays(keepFor, "keepFor", construct);
  const promisedDays = promised && wholeDays(promised, "promisedRetention", construct);
  if (promisedDays !== undefined && days < promisedDays) {
    throw new ValidationError(
      "RetentionContradiction",
      `backups are deleted after ${days} days, and promisedRetention is ${promisedDays}; ` +
        `write keepFor: Duration.days(${promisedDays}) or more, or promise less`,
      construct,
    );
  }
  return days;
}

/** @throws ValidationError `InvalidBackupTimer` when there is a remainder, or less than a day */
export function wholeDays(duration: Duration, name: string, construct: IConstruct): number {
  const days = duration.toDays({ integral: false });
  if (Number.isInteger(days) && days >= 1) return days;
  const rounded = Math.max(1, Math.ceil(days));
  throw new ValidationError(
    "InvalidBackupTimer",
    `${name} is ${duration}; it counts in whole days, 1 or more. Write Duration.days(${rounded})`,
    construct,
  );
}
