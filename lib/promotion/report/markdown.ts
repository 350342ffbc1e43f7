import type { PromotionReport } from "../promotion-report";
import { fitSections, type FittedSection, type WrittenEntry, type WrittenSection } from "./fit-sections";
import { escapeHtml } from "./html/markup";
import { inlineCode, shorten } from "./markdown-text";
import { inThousands, type Headline } from "./headline";
import { outlineOf, type Entry, type Section, type Tone } from "./outline";
import { detailText } from "./text";
import { visible } from "./visible";

/** The longest comment that GitHub takes, characters (GitLab takes 1,000,000). */
export const COMMENT_LIMIT = 65_536;

/** How long a name may be where there is no room, characters. */
const SHORT_NAME = 300;

/** Sections that are seen without a click. */
const UNFOLDED = ["refusals", "open-gates", "data"];

/** First column of a `diff` block, which gives a line its colour: green, red, orange, grey. */
const MARKS: Readonly<Record<Tone, string>> = { add: "+", destroy: "-", change: "!", calm: "#" };

/**
 * A report as a comment on a pull request: what matters first, everything else folded.
 *
 * Values stand in code only, so that none of them formats, links or mentions.
 *
 * @param limit characters that there is room for; details go first, then names, and it is said what is left out
 */
export function renderMarkdown(report: PromotionReport, limit: number = COMMENT_LIMIT): string {
  const { headline, sections } = outlineOf(report);
  const head = headOf(headline);
  const written = sections.map(writeSection);
  const fitted = fitSections(written, limit - head.length);
  if (noteOf(fitted, limit) === undefined) return joinBlocks([head, ...fitted.map(joinSection)]);
  const rest = fitSections(written, limit - head.length - ROOM_FOR_NOTE);
  return joinBlocks([head, noteOf(rest, limit)!, ...rest.map(joinSection)]);
}

function headOf({ system, environment, releases, verdict, extent, proof }: Headline): string {
  const short = (text: string): string => inlineCode(shorten(text, SHORT_NAME));
  const title = `### ${short(system)} in ${short(environment)}: release ${releases.map(short).join(" → ")}`;
  const lines = [title, `**${verdict.text}** ${extent}`];
  if (proof !== undefined) lines.push(`Compared with ${short(proof.environment)}: ${proof.text}`);
  return lines.join("\n\n");
}

function joinBlocks(blocks: readonly string[]): string {
  return `${blocks.join("\n\n")}\n`;
}

function writeSection({ id, title, ordered, entries }: Section): WrittenSection {
  const open = UNFOLDED.includes(id) ? " open" : "";
  const summary = `${escapeHtml(shorten(title, SHORT_NAME))} (${inThousands(entries.length)})`;
  return {
    name: title,
    begin: `<details${open}><summary>${summary}</summary>\n\n\`\`\`diff`,
    end: "```\n\n</details>",
    entries: entries.map((entry, index) => new WrittenChange(entry, ordered ? `${index + 1}. ` : "")),
  };
}

/** Writes nothing before it is asked for, and nothing twice. */
class WrittenChange implements WrittenEntry {
  private line: string | undefined;
  private whole: string | undefined;

  constructor(
    private readonly entry: Entry,
    private readonly place: string,
  ) {}

  get short(): string {
    return shorten((this.line ??= entryLine(this.entry, this.place)), SHORT_NAME);
  }

  get long(): string {
    this.line ??= entryLine(this.entry, this.place);
    const details = () => this.entry.details.map((detail) => `\n      ${detailText(detail)}`).join("");
    return (this.whole ??= this.line + details());
  }
}

/** Begins with a mark and a space, so that no value can end the block. */
function entryLine({ name, title, action, proof, tone, sign }: Entry, place: string): string {
  const parts = [`${MARKS[tone]} ${place}${sign === MARKS[tone] ? "" : `${sign} `}${visible(name)}`];
  if (title !== undefined) parts.push(visible(title));
  if (action !== "") parts.push(`(${visible(action)})`);
  if (proof !== undefined) parts.push(proof);
  return parts.join("  ");
}

/** More than the longest note takes: each section's title is one of ours, with one name in it. */
const ROOM_FOR_NOTE = 4_000;

/** What is left out; nothing when nothing is. */
function noteOf(sections: readonly FittedSection[], limit: number): string | undefined {
  const shortened = sections.reduce((sum, section) => sum + section.shortened, 0);
  const leftOut = sections
    .filter((section) => section.leftOut > 0)
    .map(({ name, leftOut, total }) => `${leftOut} of ${total} under ${inlineCode(shorten(name, 80))}`);
  if (shortened === 0 && leftOut.length === 0) return undefined;
  const parts = [...(shortened === 0 ? [] : [`the details of ${shortened}`]), ...leftOut];
  return `**Left out**, because a comment holds ${inThousands(limit)} characters: ${parts.join("; ")}. The JSON and the HTML report hold everything.`;
}

function joinSection({ begin, lines, end }: FittedSection): string {
  return [begin, ...lines, end].join("\n");
}
