import { FIELD_RANGES, isEvery, sortedUnique, WEEKDAYS, type CalendarField } from "./calendar-field";
import { anyWeekday, type CalendarRule } from "./calendar-rule";
import { reachesEnd, writeValues, type Span } from "./compact-values";

const twoDigits = (value: number) => String(value).padStart(2, "0");

/** The rule as one line of OnCalendar, without the zone. */
export function toOnCalendar(rule: CalendarRule): string {
  const year = rule.years === undefined ? "*" : field(rule.years, "year");
  const date = `${year}-${field(rule.months, "month")}${rule.countedFrom === "end" ? "~" : "-"}${days(rule)}`;
  const time = [field(rule.hours, "hour"), field(rule.minutes, "minute"), field(rule.seconds, "second")].join(":");
  return `${anyWeekday(rule) ? "" : `${weekdays(rule)} `}${date} ${time}`;
}

function field(values: readonly number[], name: CalendarField): string {
  if (isEvery(values, name)) return "*";
  return writeValues(values, twoDigits, (span) => {
    const range = `${twoDigits(span.first)}..${twoDigits(span.last)}`;
    if (span.step === 1) return range;
    return mayStayOpen(span, name) ? `${twoDigits(span.first)}/${span.step}` : `${range}/${span.step}`;
  });
}

/**
 * systemd 252 goes on counting past the end of the day when an open repetition does not divide the hour: after 23:56,
 * `*:0/7` comes at 00:07, and 00:00 is lost. With its end written, it comes at 00:00.
 */
function mayStayOpen(span: Span, name: CalendarField): boolean {
  const [start, end] = FIELD_RANGES[name];
  const length = end - start + 1;
  return ["second", "minute", "hour"].includes(name) && length % span.step === 0 && reachesEnd(span, name);
}

function days({ days: values, countedFrom }: CalendarRule): string {
  if (countedFrom === "start") return field(values, "day");
  const lastOnes = values.length > 2 && values.length <= 28 && values.at(-1) === values.length;
  // Ranges that are counted from the end go wrong in short months, all but this one, which ends with the month.
  return lastOnes ? `${twoDigits(values.length)}/1` : [...values].reverse().map(twoDigits).join(",");
}

/** systemd's week begins on Monday. */
function weekdays(rule: CalendarRule): string {
  const mondayFirst = sortedUnique(rule.weekdays.map((day) => (day + 6) % 7));
  const name = (day: number) => WEEKDAYS[(day + 1) % 7]!;
  return writeValues(mondayFirst, name, ({ first, last, step }) =>
    step === 1 ? `${name(first)}..${name(last)}` : mondayFirst.map(name).join(","),
  );
}
