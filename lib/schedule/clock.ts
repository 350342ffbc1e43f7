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

/** The shortest and the longest interval between two runs, in milliseconds. */
export interface DistanceRange {
  readonly shortest: number;
  readonly longest: number;
}

/** Where intervals are measured: a fixed day, so that what is synthesized does not depend on the day of synthesis. */
const MEASURED_FROM = Date.UTC(2024, 0, 1);
const MEASURED_RUNS = 200;
const distanceRanges = new Map<string, DistanceRange>();

/** Intervals between 200 runs from the start of 2024, and between those around the clock changes of that year. */
export function distanceRange(rules: readonly CalendarRule[], zone: string): DistanceRange {
  const key = JSON.stringify([zone, rules]);
  // croner takes 25 ms for 200 runs, and an app asks for the same few schedules again and again.
  const range = distanceRanges.get(key) ?? measureDistances(rules, zone);
  distanceRanges.set(key, range);
  return range;
}

function measureDistances(rules: readonly CalendarRule[], zone: string): DistanceRange {
  const usual = distancesFrom(rules, zone, MEASURED_FROM);
  // With fewer than two runs there is no interval; treat the next run as far away.
  if (usual.length === 0) return { shortest: 366 * DAY, longest: 366 * DAY };
  const longest = Math.max(...usual);
  const changes = offsetChanges(zone, MEASURED_FROM, 366).map(({ at }) => at);
  const days = [MEASURED_FROM, ...changes.map((at) => at - 8 * DAY)].flatMap((from) =>
    distancesOfDays(rules, zone, from, longest),
  );
  const around = changes.flatMap((at) => distancesFrom(rules, zone, at - longest - MINUTE));
  const all = [...usual, ...days, ...around];
  return { shortest: Math.min(...all), longest: Math.max(...all) };
}

/**
 * Intervals between the last run of a day and the first one of another, which 200 runs of a busy day never reach.
 *
 * @param above only intervals that are longer
 */
function distancesOfDays(rules: readonly CalendarRule[], zone: string, from: number, above: number): number[] {
  const ends = (values: readonly number[]) => [...new Set([values[0]!, values.at(-1)!])];
  const days = rules.map((rule) => ({
    ...rule,
    hours: ends(rule.hours),
    minutes: ends(rule.minutes),
    seconds: ends(rule.seconds),
  }));
  const runs = nextRunsOf(days, zone, MEASURED_RUNS, new Date(from)).map((run) => run.getTime());
  const starts = new Map(runs.slice(1).map((run, index) => [run - runs[index]!, runs[index]!]));
  return [...starts].flatMap(([distance, start]) => {
    if (distance <= above) return [];
    // Within a day, runs were left out above.
    const [next] = nextRunsOf(rules, zone, 1, new Date(start));
    return next?.getTime() === start + distance ? [distance] : [];
  });
}

function distancesFrom(rules: readonly CalendarRule[], zone: string, from: number): number[] {
  const runs = nextRunsOf(rules, zone, MEASURED_RUNS, new Date(from)).map((run) => run.getTime());
  return runs.slice(1).map((run, index) => run - runs[index]!);
}

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
  const start = Math.floor(from.getTime() / DAY) * DAY;
  return offsetChanges(zone, start, 731).flatMap(({ at, before, after }): ClockChange[] => {
    const wallClock = firstMatch(rules, at + Math.min(before, after), at + Math.max(before, after));
    if (wallClock === undefined) return [];
    return [{ kind: after > before ? "skipped" : "repeated", at: new Date(at), wallClock }];
  });
}

/** A change of the milliseconds by which the wall clock of a zone is ahead of UTC. */
interface OffsetChange {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

function offsetChanges(zone: string, start: number, days: number): OffsetChange[] {
  if (zone === UTC) return [];
  const offset = offsetOf(zone);
  const changes: OffsetChange[] = [];
  for (let day = start, before = offset(day); day < start + days * DAY; day += DAY) {
    const after = offset(day + DAY);
    if (after !== before) changes.push({ at: changeBetween(day, day + DAY, offset), before, after });
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
