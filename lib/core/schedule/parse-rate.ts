import { Duration } from "../duration";
import { unreadable } from "./syntax";

const UNITS = { minute: Duration.minutes, hour: Duration.hours, day: Duration.days } as const;

/**
 * Reads `rate(5 hours)`: counted from when the schedule was made, whatever the clock says.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based
 * @throws SternaError `ScheduleUnreadable`
 */
export function parseRate(expression: string): Duration {
  const [, amountText, unit, plural] =
    /^rate\(\s*(\d{1,6})\s+(minute|hour|day)(s?)\s*\)$/.exec(expression.trim()) ?? [];
  const amount = Number(amountText);
  if (unit === undefined || amount < 1) {
    throw unreadable(expression, "a rate is rate(1 hour), rate(5 minutes), rate(2 days)");
  }
  if ((amount === 1) !== (plural === "")) {
    throw unreadable(expression, `AWS wants "rate(${amount} ${unit}${amount === 1 ? "" : "s"})"`);
  }
  return UNITS[unit as keyof typeof UNITS](amount);
}

/** A length of time as AWS writes it. */
export function rateExpression(every: Duration): string {
  const minutes = every.toMinutes();
  const [amount, unit] =
    minutes % 1440 === 0 ? [minutes / 1440, "day"] : minutes % 60 === 0 ? [minutes / 60, "hour"] : [minutes, "minute"];
  return `rate(${amount} ${unit}${amount === 1 ? "" : "s"})`;
}
