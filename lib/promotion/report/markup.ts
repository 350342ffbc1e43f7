import { visible } from "../../core/visible";

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
