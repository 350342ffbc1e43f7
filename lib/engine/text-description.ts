import type { Text } from "./text";

/** A text as the plan shows it: written out, or by the name that stands for it. Looks nothing up. */
export function describeText(text: Text): string {
  if (typeof text === "string") return text;
  return "variable" in text ? `\${${text.variable}}` : `$${text.env}`;
}
