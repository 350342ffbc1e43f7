import { SternaError } from "../core/errors";
import { FIELD_RANGES, type CalendarField, isEvery, type CalendarRule } from "./calendar-rule";

/** Evenly spaced values, or a single one. */
export interface Span {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** Writes a span of more than one value in a dialect. */
export type SpanWriter = (span: Span) => string;

/** Splits sorted values into spans: one if they are evenly spaced, otherwise ranges without gaps. */
export function spansOf(values: readonly number[]): Span[] {
  const [first = 0, second] = values;
  const last = values.at(-1)!;
  const step = second === undefined ? 1 : second - first;
  const even = values.every((value, index) => value === first + index * step);
  if (even && (values.length > 2 || step === 1)) return [{ first, last, step }];
  const spans: Span[] = [];
  for (const value of values) {
    const open = spans.at(-1);
    if (open !== undefined && value === open.last + 1) spans[spans.length - 1] = { ...open, last: value };
    else spans.push({ first: value, last: value, step: 1 });
  }
  return spans;
}

/** Writes values as a comma-separated list of spans. Two neighbors are listed individually. */
export function writeValues(
  values: readonly number[],
  writeValue: (value: number) => string,
  writeSpan: SpanWriter,
): string {
  return spansOf(values)
    .map(({ first, last, step }) => {
      if (first === last) return writeValue(first);
      if (last === first + step) return `${writeValue(first)},${writeValue(last)}`;
      return writeSpan({ first, last, step });
    })
    .join(",");
}

/** Whether the span continues to the end of the field, so that its last value need not be written. */
export function reachesEnd({ first, last, step }: Span, field: CalendarField): boolean {
  const end = FIELD_RANGES[field][1];
  return last + step > end && first + step <= end;
}

/**
 * Values as a field of a crontab: `*`, `*\/15`, `1-5`, `9-17/2`, `1,15`.
 *
 * @param star whether a step may be written with a star: `*\/2` instead of `1-31/2`
 */
export function cronField(values: readonly number[], name: CalendarField, star = true): string {
  if (isEvery(values, name)) return "*";
  const [start, end] = FIELD_RANGES[name];
  return writeValues(values, String, ({ first, last, step }) => {
    if (step === 1) return `${first}-${last}`;
    return star && first === start && last + step > end ? `*/${step}` : `${first}-${last}/${step}`;
  });
}

/** Refuses a schedule that a dialect cannot express. */
export function untranslatable(target: string, reason: string): SternaError {
  return new SternaError("ScheduleUntranslatable", `${target} cannot say this: ${reason}`);
}

/** Only systemd supports seconds. */
export function refuseSeconds({ seconds }: CalendarRule, target: string): void {
  if (seconds.length === 1 && seconds[0] === 0) return;
  const got = isEvery(seconds, "second") ? "every second" : `at second ${seconds.slice(0, 5).join(", ")}`;
  throw untranslatable(target, `it comes ${got}, and ${target} counts in minutes; systemd can`);
}
