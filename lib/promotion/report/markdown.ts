import { shorten } from "../../core/text";
import type { PromotionReport } from "../promotion-report";
import { visible } from "../../core/visible";
import { escapeHtml } from "./markup";
import { inThousands, type Headline, outlineOf } from "./outline";
import { type Entry, type Section, type Tone } from "./entry";
import { rolloutSentence, stepsSentence, type EnvironmentOverview, type Overview } from "./overview";
import { detailText } from "./text";

/** The longest comment that GitHub takes, characters (GitLab takes 1,000,000). */
export const COMMENT_LIMIT = 65_536;

/** How long a name may be where there is no room, characters. */
const SHORT_NAME = 300;

/** Sections that are seen without a click. */
const UNFOLDED = ["refusals", "open-gates", "data"];

/** First column of a `diff` block, which gives a line its color: green, red, orange, grey. */
const MARKS: Readonly<Record<Tone, string>> = { add: "+", destroy: "-", change: "!", calm: "#" };

/**
 * A report as a comment on a pull request: what matters first, everything else folded.
 *
 * Values appear in code only, so that none of them formats, links or mentions.
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

/** An entry in two lengths. */
interface WrittenEntry {
  /** Not read unless there may be room for it. */
  readonly long: string;
  /** Never longer than `long`, and not read unless there may be room for it. */
  readonly short: string;
}

/** A section whose entries are written. */
interface WrittenSection {
  readonly name: string;
  readonly begin: string;
  readonly end: string;
  readonly entries: readonly WrittenEntry[];
}

/** What there is room for. */
interface FittedSection extends Pick<WrittenSection, "name" | "begin" | "end"> {
  readonly lines: readonly string[];
  readonly total: number;
  /** Entries that are abbreviated, including those that were not read any further. */
  readonly shortened: number;
  /** Entries that are left out. */
  readonly leftOut: number;
}

/** The line break after an entry, and those between sections. */
const BREAK = 1;
const SECTION_BREAKS = 4;

/** So many entries one after the other for which there is no room in full, and no further one is looked at. */
const MISSES = 20;

/**
 * Fits sections into a number of characters: first every entry in short, in order, as many as there is room for; then
 * the entries that are there in full, in order, as many as there is room for. Sections always keep their title.
 */
function fitSections(sections: readonly WrittenSection[], room: number): FittedSection[] {
  let left = sections.reduce((rest, { begin, end }) => rest - begin.length - end.length - SECTION_BREAKS, room);
  const kept = sections.map(({ entries }) => {
    const fits = entries.findIndex(({ short }) => {
      const needed = short.length + BREAK;
      if (needed > left) return true;
      left -= needed;
      return false;
    });
    return fits === -1 ? entries : entries.slice(0, fits);
  });
  return sections.map(({ name, begin, end, entries }, index) => {
    let shortened = 0;
    let misses = 0;
    const lines = kept[index]!.map((entry) => {
      const { short } = entry;
      const long = misses < MISSES ? entry.long : undefined;
      if (long !== undefined && long.length - short.length <= left) {
        left -= long.length - short.length;
        misses = 0;
        return long;
      }
      misses++;
      shortened++;
      return short;
    });
    return { name, begin, end, lines, total: entries.length, shortened, leftOut: entries.length - lines.length };
  });
}

/**
 * A text as inline code. No character in it means anything: not to Markdown, and nobody is mentioned, since hosts look
 * for mentions and links outside of code only. The fence is longer than any run of backticks in the text
 * (CommonMark, section 6.1).
 */
function inlineCode(text: string): string {
  const shown = visible(text);
  if (shown === "") return "` `";
  const fence = "`".repeat(longestRun(shown) + 1);
  // One space on either side is taken off again; without it a backtick at the edge would lengthen the fence.
  const pad = /^[` ]|[` ]$/.test(shown) ? " " : "";
  return `${fence}${pad}${shown}${pad}${fence}`;
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}

/** An overview in Markdown. Values appear in code only, so that none of them formats, links or mentions. */
export function renderOverviewMarkdown({ systems, madeAt, sterna }: Overview): string {
  const blocks = systems.map(({ system, environments }) =>
    [`## ${inlineCode(system)}`, ...environments.map(environmentBlock)].join("\n\n"),
  );
  const footer = `Made at ${inlineCode(madeAt)} (UTC) by Sterna ${inlineCode(sterna)}.`;
  return `${["# What runs where", ...blocks, footer].join("\n\n")}\n`;
}

function environmentBlock(lane: EnvironmentOverview): string {
  const { environment, release, applied, rollout, steps, backups, applies, unreadable } = lane;
  const facts = [
    `release: ${inlineCode(release)}, ${applied === undefined ? "no apply on record" : `last applied: ${inlineCode(applied)}`}`,
    `steps: ${inlineCode(stepsSentence(steps))}`,
    ...unreadable.map((reason) => `**cannot be read**: ${inlineCode(reason)}`),
    ...(rollout === undefined ? [] : [`colors: ${inlineCode(rolloutSentence(rollout))}`]),
    ...backups.map(
      ({ name, next, schedule }) =>
        `next backup: ${inlineCode(next ?? "unknown")}, ${inlineCode(name)}, ${inlineCode(schedule)}`,
    ),
    ...applies.map(
      ({ finishedAt, result, by, release: of }) =>
        `${inlineCode(finishedAt)}: ${inlineCode(`${of} ${result}`)} by ${inlineCode(by)}`,
    ),
  ];
  const lines = steps.map(({ id, state, title, error }) => {
    const why = error === undefined ? "" : `: ${inlineCode(error)}`;
    return `- ${inlineCode(state)} ${inlineCode(id)} ${inlineCode(title)}${why}`;
  });
  const folded = lines.length === 0 ? [] : ["<details><summary>Steps</summary>", lines.join("\n"), "</details>"];
  const heading = `### ${inlineCode(environment)}${lane.protected ? " (protected)" : ""}`;
  return [heading, facts.map((fact) => `- ${fact}`).join("\n"), ...folded].join("\n\n");
}
