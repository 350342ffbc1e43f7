/** A comment, a quoted part, or the end of a statement (PostgreSQL documentation, 4.1 "Lexical Structure"). */
const TOKEN =
  /(?<comment>--[^\n]*|\/\*)|(?<quoted>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*")|(?<dollar>\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)|(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(?<end>;)/gs;

/** One statement of a text. */
export interface SqlStatement {
  /** Offset of its first word. */
  readonly start: number;

  /** Offset of its end: its semicolon, or the end of the text. */
  readonly end: number;

  /** The statement without comments. */
  readonly text: string;

  /** The statement without comments and with empty quotes: only what PostgreSQL executes. */
  readonly code: string;
}

/** The statements of a text, in order, without empty ones. */
export function splitSql(sql: string): SqlStatement[] {
  const statements: SqlStatement[] = [];
  let current = new Draft();
  let position = 0;
  for (const token = new RegExp(TOKEN); ;) {
    token.lastIndex = position;
    const match = token.exec(sql);
    current.add(sql.slice(position, match?.index), position);
    if (match === null) break;
    const { comment, quoted, dollar, end } = match.groups!;
    const start = match.index;
    position = start + match[0].length;
    if (end !== undefined && !isInsideBody(current.code)) {
      statements.push(current.end(start));
      current = new Draft();
    } else if (comment !== undefined) {
      if (comment === "/*") position = endOfBlockComment(sql, start);
      current.add(" ", start);
    } else if (dollar !== undefined) {
      const close = sql.indexOf(dollar, position);
      position = close < 0 ? sql.length : close + dollar.length;
      current.add(sql.slice(start, position), start, "''");
    } else {
      current.add(match[0], start, quoted === undefined ? match[0] : "''");
    }
  }
  return [...statements, current.end(sql.length)].filter(({ code }) => code !== "");
}

/** The statement being read. */
class Draft {
  code = "";
  private text = "";
  private start: number | undefined;

  add(text: string, position: number, code = text): void {
    const blank = /^\s*/.exec(text)![0].length;
    if (blank < text.length) this.start ??= position + blank;
    this.text += text;
    this.code += code;
  }

  end(position: number): SqlStatement {
    return { start: this.start ?? 0, end: position, text: this.text.trim(), code: this.code.trim() };
  }
}

/** Whether a semicolon is part of a function body: `begin atomic … end` (CREATE FUNCTION, "sql_body"). */
function isInsideBody(code: string): boolean {
  const body = /\bbegin\s+atomic\b(.*)/is.exec(code)?.[1];
  if (body === undefined) return false;
  const opened = 1 + (body.match(/\bcase\b/gi)?.length ?? 0);
  return (body.match(/\bend\b/gi)?.length ?? 0) < opened;
}

/** Block comments nest. */
function endOfBlockComment(sql: string, start: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = start;
  let depth = 0;
  for (let match = edge.exec(sql); match !== null; match = edge.exec(sql)) {
    depth += match[0] === "/*" ? 1 : -1;
    if (depth === 0) return edge.lastIndex;
  }
  return sql.length;
}
