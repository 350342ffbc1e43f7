const LAST_LINES = 15;

/**
 * What a failed app said, without the stack trace: its error's line (`ValidationError: …`, `error[Code]: …`) with the
 * code that Node prints among the error's properties, or else the last lines.
 */
export function explainAppFailure(output: string): string {
  const lines = output.replace(/\u001b\[[0-9;]*m/g, "").split(/\r?\n/);
  const start = lines.findIndex((line) => /^(?:Uncaught )?(?:error\[\w+\]|[A-Z]\w*Error(?: \[\w+\])?): /.test(line));
  if (start >= 0) {
    const rest = lines.slice(start);
    const end = rest.findIndex((line, index) => index > 0 && (/^\s+at /.test(line) || line.trim() === ""));
    const message = rest.slice(0, end < 0 ? undefined : end).map((line) => line.replace(/ \{$/, ""));
    const code = /^\s+code: '(\w+)'/m.exec(output)?.[1];
    return code === undefined || message[0]!.includes(code) ? message.join("\n") : `[${code}] ${message.join("\n")}`;
  }
  const told = lines.filter((line) => line.trim() !== "" && !/^\s+at /.test(line));
  return told.slice(-LAST_LINES).join("\n") || "it said nothing";
}
