/**
 * Characters that act instead of being shown: escape sequences drive a terminal, line breaks begin a Markdown block,
 * and bidirectional controls show a text in another order than it is read in (CVE-2021-42574).
 */
const ACTING = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
/** Those that a terminal acts on. A text of several lines keeps its line breaks and tabs. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text on one line, in which nothing acts: each such character is written as its escape, `\n` or `\u001b`. */
export function visible(text: string): string {
  return text.toWellFormed().replace(ACTING, written);
}

/** The text with its lines, in which nothing acts on a terminal. */
export function visibleLines(text: string): string {
  return text.replace(CONTROLS, written);
}

function written(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
