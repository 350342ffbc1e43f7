import { numbersBetween, sortedUnique } from "./calendar-field";
import { unreadable } from "./syntax";

/** systemd's week begins on Monday, so that `Fri..Sun` is a range and `Sun..Tue` is none. */
const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/**
 * Reads `Mon..Fri,Sun`. `-` is the older way to write `..`, and a comma at the end is allowed.
 *
 * @returns Sunday as 0
 * @throws SternaError `ScheduleUnreadable`
 */
export function parseWeekdays(text: string, line: string): number[] {
  const items = text.replace(/,$/, "").split(",");
  return sortedUnique(items.flatMap((item) => readItem(item, line)).map((day) => (day + 1) % 7));
}

function readItem(item: string, line: string): number[] {
  const [from = "", to, ...more] = item.split(/\.\.|-/);
  if (more.length > 0) throw unreadable(line, `"${item}" is not a range of weekdays`);
  const first = readDay(from, line);
  if (to === undefined) return [first];
  const last = readDay(to, line);
  if (last < first) throw unreadable(line, `"${item}" runs backwards: systemd's week begins on Monday; list the days`);
  return numbersBetween(first, last);
}

function readDay(text: string, line: string): number {
  const day = DAYS.findIndex((name) => [name, name.slice(0, 3)].includes(text.toLowerCase()));
  if (day >= 0) return day;
  throw unreadable(line, `"${text}" is neither a weekday (Mon, Monday, …) nor a shorthand (daily, weekly, monthly, …)`);
}
