import { visible } from "./visible";

/**
 * A text as inline code. No character in it means anything: not to Markdown, and nobody is mentioned, since hosts look
 * for mentions and links outside of code only. The fence is longer than any run of backticks in the text
 * (CommonMark, section 6.1).
 */
export function inlineCode(text: string): string {
  const shown = visible(text);
  if (shown === "") return "` `";
  const fence = "`".repeat(longestRun(shown) + 1);
  // One space on either side is taken off again; without it a backtick at the edge would lengthen the fence.
  const pad = /^[` ]|[` ]$/.test(shown) ? " " : "";
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/** The first characters of a text, with a sign that there were more. */
export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}
