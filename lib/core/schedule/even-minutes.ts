import type { Duration } from "../duration";
import { numbersBetween } from "./calendar-field";
import type { CalendarRule } from "./calendar-rule";
import { unreadable } from "./syntax";

/**
 * The times of a day that lie a distance apart, from midnight to midnight.
 *
 * @throws SternaError `ScheduleUnreadable` when the distance divides neither the hour nor the day
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
