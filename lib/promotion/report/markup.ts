/** HTML that goes into a page as it is. Only `html` makes it from values; all others make it from texts of our own. */
export class Markup {
  constructor(readonly text: string) {}
}

/** What a template may hold: markup as it is, everything else as text; nothing for `undefined` and `false`. */
export type Content = Markup | string | number | undefined | false | readonly Content[];

/** The templates are indented for those who read them here; ten thousand entries need not carry it. */
const INDENTATION = /\n\s+/g;

/**
 * A tagged template of HTML. Whatever is put into it is escaped, in elements and in attributes alike, unless it is
 * markup itself. Attributes must be quoted, and no value goes into `<script>`, `<style>` or a URL.
 */
export function html(literals: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  const parts: string[] = [];
  withoutIndentation(literals).forEach((literal, index) => {
    parts.push(literal);
    if (index < contents.length) push(parts, contents[index]);
  });
  return new Markup(parts.join(""));
}

/** Each template has one array of literals, however often it is used. */
const withoutIndentationOf = new WeakMap<TemplateStringsArray, readonly string[]>();

function withoutIndentation(literals: TemplateStringsArray): readonly string[] {
  const known = withoutIndentationOf.get(literals);
  if (known !== undefined) return known;
  const cleaned = literals.map((literal) => literal.replace(INDENTATION, "\n"));
  withoutIndentationOf.set(literals, cleaned);
  return cleaned;
}

function push(parts: string[], content: Content): void {
  if (content === undefined || content === false) return;
  if (content instanceof Markup) parts.push(content.text);
  else if (typeof content === "object") for (const each of content) push(parts, each);
  else parts.push(escapeHtml(String(content)));
}

/** A text in which no character means anything to HTML, within an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Characters that act instead of being shown: escape sequences drive a terminal, line breaks begin a Markdown block,
 * and bidirectional controls show a text in another order than it is read in (CVE-2021-42574).
 */
const ACTING = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text on one line, in which nothing acts: each such character is written as its escape, `\n` or `\u001b`. */
export function visible(text: string): string {
  return text.toWellFormed().replace(ACTING, (character) => SHORT[character] ?? escapeOf(character));
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
