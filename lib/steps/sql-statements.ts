/** A part of SQL that is no code, or the end of a statement (PostgreSQL documentation, 4.1 "Lexical Structure"). */
const TOKEN =
  /(?<comment>--[^\n]*|\/\*)|(?<quoted>[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*")|(?<dollar>\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)|(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(?<end>;)/gs;

/** The statements of a text, without comments and with empty quotes: only what PostgreSQL executes. */
export function sqlStatements(sql: string): string[] {
  let code = "";
  const statements: string[] = [];
  let position = 0;
  for (const token = new RegExp(TOKEN); ;) {
    token.lastIndex = position;
    const match = token.exec(sql);
    code += sql.slice(position, match?.index);
    if (match === null) break;
    const { comment, quoted, dollar, end } = match.groups!;
    position = match.index + match[0].length;
    if (end !== undefined && !isInsideBody(code)) {
      statements.push(code);
      code = "";
    } else if (comment === "/*") {
      position = endOfBlockComment(sql, match.index);
      code += " ";
    } else if (comment !== undefined) {
      code += " ";
    } else if (dollar !== undefined) {
      const close = sql.indexOf(dollar, position);
      position = close < 0 ? sql.length : close + dollar.length;
      code += "''";
    } else {
      code += quoted === undefined ? match[0] : "''";
    }
  }
  return [...statements, code].map((statement) => statement.trim()).filter((statement) => statement !== "");
}

/** Whether a semicolon belongs to the body of a function: `begin atomic … end` (CREATE FUNCTION, "sql_body"). */
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
