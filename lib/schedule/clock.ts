import { Cron } from "croner";
import { SternaError } from "../core/errors";
import { isEvery, type CalendarField, type CalendarRule, countedFromStart, matchesDay } from "./calendar-rule";

/** The default zone of a schedule. */
export const UTC = "UTC";

/** A zone lookup with Intl takes longer than everything else about a schedule. */
const KNOWN = new Set([UTC]);

/**
 * The zone's canonical name.
 *
 * @throws SternaError `ScheduleZoneUnknown`
 */
export function checkZone(zone: string): string {
  if (KNOWN.has(zone)) return zone;
  if (/^(Etc\/)?(UTC|UCT|Universal|Zulu|GMT)$/i.test(zone)) return UTC;
  try {
    // Intl accepts offsets such as "+02:00" as zones, but no scheduler does.
    if (/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(zone)) {
      new Intl.DateTimeFormat("en", { timeZone: zone });
      KNOWN.add(zone);
      return zone;
    }
  } catch {
    // Refused below.
  }
  throw new SternaError(
    "ScheduleZoneUnknown",
    `"${zone}" is not a time zone; write a name of the IANA database, such as "Europe/Berlin", or "UTC"`,
  );
}

/**
 * The next times at which any of the rules matches, after `from`.
 *
 * Computed by croner. A time that a change to summer time skips occurs when the skipped hour is over. A time that
 * occurs twice runs once.
 */
export function nextRunsOf(rules: readonly CalendarRule[], zone: string, count: number, from: Date): Date[] {
  const times = rules
    .flatMap(countedFromStart)
    .flatMap((rule) => nextRunsOfRule(rule, zone, count, from))
    .map((date) => date.getTime());
  return [...new Set(times)]
    .sort((a, b) => a - b)
    .slice(0, count)
    .map((time) => new Date(time));
}

function nextRunsOfRule(rule: CalendarRule, zone: string, count: number, from: Date): Date[] {
  const fields: readonly (readonly [readonly number[], CalendarField])[] = [
    [rule.seconds, "second"],
    [rule.minutes, "minute"],
    [rule.hours, "hour"],
    [rule.days, "day"],
    [rule.months, "month"],
    [rule.weekdays, "weekday"],
  ];
  const pattern = fields.map(([values, field]) => (isEvery(values, field) ? "*" : values.join(",")));
  const years = rule.years?.join(",") ?? "*";
  // `domAndDow`: a rule means "and" between the day of the month and the day of the week.
  return new Cron([...pattern, years].join(" "), { timezone: zone, domAndDow: true }).nextRuns(count, from);
}

const [MINUTE, DAY] = [60_000, 86_400_000];

/** A time of the schedule that a clock change skips or repeats. */
export interface ClockChange {
  /** `skipped`: the wall clock never shows it on that day. `repeated`: it shows it twice. */
  readonly kind: "skipped" | "repeated";
  /** When the clocks change. */
  readonly at: Date;
  /** First affected time of the schedule: `2027-03-14 02:00`. */
  readonly wallClock: string;
}

/** Clock changes within two years after `from` that affect the rules. None in UTC. */
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
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
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

/** The wall clock is represented as if it were UTC. */
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
