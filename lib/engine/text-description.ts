import type { Text } from "./text";

/** A text as the plan shows it: written out, or by the name that stands for it. Looks nothing up. */
export function describeText(text: Text): string {
  if (typeof text === "string") return text;
  if ("variable" in text) return `\${${text.variable}}`;
  if ("env" in text) return `$${text.env}`;
  const { id, key } = text.secret;
  return `secret ${describeText(id)}${key === undefined ? "" : `, key ${key}`}`;
}
