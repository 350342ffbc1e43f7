import type { CalendarRule } from "./calendar-rule";
import { unreadable } from "./syntax";

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
