import cronstrue from "cronstrue";
import type { Duration } from "../core/duration";
import { WEEKDAYS, anyDay, anyWeekday, type CalendarRule } from "./calendar-rule";
import { cronField } from "./write-fields";
import { UTC } from "./clock";

/** The parts of a schedule that can be described in words. */
export interface Describable {
  readonly rules: readonly CalendarRule[];
  readonly zone: string;
  readonly rate?: Duration;
}

/** The schedule in English: `At 02:00, Monday through Friday, Europe/Berlin`. */
export function describeSchedule({ rules, zone, rate }: Describable): string {
  if (rate !== undefined) return `Every ${rate}, counted from when the schedule was made`;
  return `${rules.map(describeRule).join("; and ")}, ${zone === UTC ? "UTC" : `${zone} time`}`;
}

function describeRule(rule: CalendarRule): string {
  // cronstrue reads a weekday with a day of the month as "or", and supports at most one day before the last.
  const both = !anyDay(rule) && !anyWeekday(rule);
  const fields = [
    cronField(rule.seconds, "second"),
    cronField(rule.minutes, "minute"),
    cronField(rule.hours, "hour"),
    dayField(rule),
    cronField(rule.months, "month"),
    both ? "*" : cronField(rule.weekdays, "weekday"),
    rule.years === undefined ? "*" : cronField(rule.years, "year"),
  ];
  const text = cronstrue.toString(fields.join(" "), { use24HourTimeFormat: true, verbose: true });
  return [text.replace(/, every day$/, anyDay(rule) ? "$&" : ""), lastDays(rule), both ? onlyIf(rule) : ""].join("");
}

function dayField({ days, countedFrom }: CalendarRule): string {
  if (countedFrom === "start") return cronField(days, "day");
  if (days.length > 1) return "*";
  return days[0] === 1 ? "L" : `L-${days[0]! - 1}`;
}

function lastDays({ days, countedFrom }: CalendarRule): string {
  if (countedFrom === "start" || days.length === 1) return "";
  const upTo = days.length === days.at(-1);
  return upTo
    ? `, on the last ${days.length} days of the month`
    : `, on days ${days.join(", ")} counted from the end of the month`;
}

function onlyIf({ weekdays }: CalendarRule): string {
  return `, if that is a ${weekdays.map((day) => WEEKDAYS[day]).join(", ")}`;
}
