import type { Artifact } from "../manifest/step-record";

const LONGEST_EXCERPT = 200;

/** The beginning of a statement or script, in one line: for people. */
export function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > LONGEST_EXCERPT ? `${line.slice(0, LONGEST_EXCERPT)}…` : line;
}

/** Counts that a step left behind, for people: ` (documents: 300)`. */
export function countsIn(artifact: Artifact = {}): string {
  const counts = Object.entries(artifact).filter(([, value]) => typeof value === "number");
  return counts.length === 0 ? "" : ` (${counts.map(([name, value]) => `${name}: ${value}`).join(", ")})`;
}
