import { anyDay, calendarRule, type CalendarRule } from "./calendar-rule";
import { sortedUnique } from "./calendar-field";

const LISTS = ["months", "days", "weekdays", "hours", "minutes", "seconds"] as const;
type List = (typeof LISTS)[number] | "years";

/**
 * Fewer rules with the same times: those that another contains are dropped, and two that differ in a single field
 * become one. Schedulers that take one rule a line would otherwise fire twice where two rules meet.
 */
export function mergeRules(rules: readonly CalendarRule[]): CalendarRule[] {
  const merged = [...rules];
  for (let first = 0; first < merged.length; first++) {
    for (let second = first + 1; second < merged.length; second++) {
      const union = unionOf(merged[first]!, merged[second]!);
      if (union === undefined) continue;
      merged.splice(second, 1);
      merged[first] = union;
      // The union may take in a rule that was looked at before.
      second = first;
    }
  }
  return merged.length === rules.length ? merged : mergeRules(merged);
}

/** The one rule that says what both say, where there is one. */
function unionOf(a: CalendarRule, b: CalendarRule): CalendarRule | undefined {
  const countedAlike = a.countedFrom === b.countedFrom || anyDay(a) || anyDay(b);
  if (!countedAlike) return undefined;
  const fields: List[] = [...LISTS, "years"];
  const differing = fields.filter((field) => !sameValues(a[field], b[field]));
  const [only] = differing;
  if (only === undefined) return a;
  if (differing.every((field) => contains(a[field], b[field]))) return a;
  if (differing.every((field) => contains(b[field], a[field]))) return b;
  if (differing.length > 1 || a.countedFrom !== b.countedFrom) return undefined;
  return calendarRule({ ...a, [only]: sortedUnique([...a[only]!, ...b[only]!]) });
}

function sameValues(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  return a?.length === b?.length && (a ?? []).every((value, index) => value === b![index]);
}

/** Whether `outer` has every value of `inner`; nothing stands for every value. */
function contains(outer: readonly number[] | undefined, inner: readonly number[] | undefined): boolean {
  return outer === undefined || (inner !== undefined && inner.every((value) => outer.includes(value)));
}
