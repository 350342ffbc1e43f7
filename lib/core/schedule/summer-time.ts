import type { CalendarRule } from "./calendar-rule";
import { matchesDay } from "./day-match";
import { UTC } from "./zone";

const [MINUTE, DAY] = [60_000, 86_400_000];

/** A time of the schedule that a change of the clocks skips or repeats. */
export interface ClockChange {
  /** `skipped`: the wall clock never shows it on that day. `repeated`: it shows it twice. */
  readonly kind: "skipped" | "repeated";
  /** When the clocks change. */
  readonly at: Date;
  /** First time of the schedule that is concerned: `2027-03-14 02:00`. */
  readonly wallClock: string;
}

/** Changes of the clocks within two years after `from` that hit the rules. None in UTC. */
export function clockChanges(rules: readonly CalendarRule[], zone: string, from: Date): ClockChange[] {
  if (zone === UTC) return [];
  const offset = offsetOf(zone);
  const changes: ClockChange[] = [];
  const start = Math.floor(from.getTime() / DAY) * DAY;
  for (let day = start, before = offset(day); day < start + 731 * DAY; day += DAY) {
    const after = offset(day + DAY);
    if (after === before) continue;
    const at = changeBetween(day, day + DAY, offset);
    const [first, last] = [at + Math.min(before, after), at + Math.max(before, after)];
    const wallClock = firstMatch(rules, first, last);
    if (wallClock) changes.push({ kind: after > before ? "skipped" : "repeated", at: new Date(at), wallClock });
    before = after;
  }
  return changes;
}

/** Milliseconds by which the wall clock of a zone is ahead of UTC. */
function offsetOf(zone: string): (time: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    ...{ year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" },
  });
  return (time) => {
    const part = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second) - time;
  };
}

function changeBetween(from: number, to: number, offset: (time: number) => number): number {
  let [low, high] = [from, to];
  while (high - low > MINUTE) {
    const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
    if (offset(middle) === offset(from)) low = middle;
    else high = middle;
  }
  return high;
}

/** The wall clock is written as if it were UTC. */
function firstMatch(rules: readonly CalendarRule[], first: number, last: number): string | undefined {
  for (let minute = first; minute < last; minute += MINUTE) {
    const time = new Date(minute);
    const day = { year: time.getUTCFullYear(), month: time.getUTCMonth() + 1, day: time.getUTCDate() };
    const hit = rules.some(
      (rule) =>
        rule.minutes.includes(time.getUTCMinutes()) && rule.hours.includes(time.getUTCHours()) && matchesDay(rule, day),
    );
    if (hit) return time.toISOString().slice(0, 16).replace("T", " ");
  }
  return undefined;
}
