/**
 * Characters with an effect instead of a glyph: escape sequences control a terminal, line breaks start a Markdown block,
 * and bidirectional controls reorder the displayed text (CVE-2021-42574).
 */
const ACTING = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;
/** Characters that control a terminal, except line breaks and tabs. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text on one line, with each control character escaped: `\n` or `\u001b`. */
export function visible(text: string): string {
  return text.toWellFormed().replace(ACTING, written);
}

/** The text with its line breaks, and all other control characters escaped. */
export function visibleLines(text: string): string {
  return text.replace(CONTROLS, written);
}

function written(character: string): string {
  return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
