/**
 * The first few of many names, for a message that must stay readable: `a, b and 12 more`.
 *
 * @param most how many are named
 * @param separator what stands between two of them
 */
export function someOf(names: readonly string[], most = 20, separator = ", "): string {
  const shown = names.slice(0, most).join(separator);
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** The first lines, and one that says how many were omitted. */
export function someLines(lines: readonly string[], most: number): string[] {
  return lines.length > most ? [...lines.slice(0, most), `and ${lines.length - most} more`] : [...lines];
}

/**
 * The beginning of a text, with an ellipsis if it was longer. Does not split surrogate pairs.
 *
 * @param most characters of the result
 */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}

/** A text on one line: every run of white space becomes one space. */
export function inOneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** The parsed JSON, or undefined. A message of `JSON.parse` would repeat a part of the text. */
export function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
