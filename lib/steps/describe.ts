import { inOneLine, shorten } from "../core/text";
import type { Artifact } from "../manifest/step-record";

/** In characters. */
export const LONGEST_EXCERPT = 200;

/** The beginning of a statement or script, in one line, for display. */
export function excerpt(text: string): string {
  return shorten(inOneLine(text), LONGEST_EXCERPT);
}

/** Counts that a step recorded, for display: ` (documents: 300)`. */
export function countsIn(artifact: Artifact = {}): string {
  const counts = Object.entries(artifact).filter(([, value]) => typeof value === "number");
  return counts.length === 0 ? "" : ` (${counts.map(([name, value]) => `${name}: ${value}`).join(", ")})`;
}
