import { FIELD_RANGES, isEvery, type CalendarField } from "./calendar-field";
import { writeValues } from "./compact-values";

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
