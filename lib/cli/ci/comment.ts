import { COMMENT_LIMIT } from "../../promotion/report/markdown";

const CUT = "\n```\n\n</details>\n\nThe rest did not fit; the log of the run has all of it.";

/** The first line of what is written about a subject, which nobody sees: by it the same comment is found again. */
export function markOf(subject: string): string {
  return `<!-- sterna: ${subject.replace(/[^\w ./-]/g, "_").replaceAll("--", "__")} -->`;
}

/**
 * A report with the address of the run, in as much room as a comment has. A report fills nearly all of it where it is
 * long, and ends with a folded list of changes.
 *
 * @param limit characters that there is room for
 */
export function fitComment(report: string, mark: string, run: string, limit: number = COMMENT_LIMIT): string {
  const end = `\n\n[Run](${run})\n`;
  const text = report.trimEnd();
  const room = limit - mark.length - 1 - end.length;
  if (text.length <= room) return text + end;
  const kept = text.slice(0, room - CUT.length);
  return kept.slice(0, Math.max(kept.lastIndexOf("\n"), 0)) + CUT + end;
}
