import type { PromotionReport, ProofClass, ReportedValue } from "../promotion-report";
import { visible } from "../../core/visible";
import { titleOf, outlineOf } from "./outline";
import { type Detail, type Entry, type Section, type Tone } from "./entry";

/** Columns of a terminal that lists of names keep to. Everything else is as long as it is, so that it can be copied. */
const COLUMNS = 80;
const INDENT = "  ";

/** The lines of a report for a terminal. Nothing in them drives the terminal but the given colors. */
export function* textLines(report: PromotionReport, paint: Paint): Generator<string> {
  const { headline, sections } = outlineOf(report);
  const { verdict, extent, proof } = headline;
  yield paint.bold(visible(titleOf(headline)));
  yield extent;
  if (proof !== undefined) yield `Compared with ${visible(proof.environment)}: ${proof.text}`;
  for (const section of sections) if (section.id !== "basis") yield* sectionLines(section, paint);
  yield "";
  yield paint.dim(basisLine(report));
  yield toned(verdict.tone, paint)(verdict.text);
}

/** What the plan stands on: the digest is enough to compare, the other forms name the parts. */
function basisLine({ digest, parts, versions }: PromotionReport): string {
  const files = Object.keys(parts).length;
  const made = `Sterna ${visible(versions.sterna)}, Terraform ${visible(versions.terraform)}`;
  return `Digest ${visible(digest.slice(0, 12))} over ${files} ${files === 1 ? "part" : "parts"}; ${made}.`;
}

function* sectionLines({ title, ordered, brief, entries }: Section, paint: Paint): Generator<string> {
  yield "";
  yield `${paint.bold(visible(title))}:`;
  if (brief === true) return yield* inColumns(entries.map(({ name }) => visible(name))).map(paint.dim);
  for (const [index, entry] of entries.entries()) yield* entryLines(entry, ordered ? index + 1 : undefined, paint);
}

function* entryLines(entry: Entry, place: number | undefined, paint: Paint): Generator<string> {
  const { sign, tone, name, title, action, proof } = entry;
  // The title of an ordered section says what happens to each of its entries.
  const mark = place === undefined ? sign : `${place}.`;
  const rest = [
    ...(title === undefined ? [] : [visible(title)]),
    ...(action === "" ? [] : [paint.dim(`(${visible(action)})`)]),
    ...(proof === undefined ? [] : [proofText(proof, paint)]),
  ];
  const label = toned(tone, paint)(place === undefined ? `${mark} ${visible(name)}` : visible(name));
  yield [`${INDENT}${place === undefined ? label : `${mark} ${label}`}`, ...rest].join("  ");
  const indent = " ".repeat(INDENT.length + mark.length + 3);
  for (const detail of entry.details) yield `${indent}${detailLine(detail, paint)}`;
}

/** Names one after the other, in as many lines as it takes. */
function inColumns(names: readonly string[]): string[] {
  const lines: string[] = [];
  for (const [index, name] of names.entries()) {
    const item = index === names.length - 1 ? name : `${name},`;
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + item.length > COLUMNS) lines.push(`${INDENT}${item}`);
    else lines[lines.length - 1] = `${last} ${item}`;
  }
  return lines;
}

function proofText(proof: ProofClass, { green, red, yellow }: Paint): string {
  return { PROVEN: green, DIFFERS: red, "ONLY-HERE": yellow, MISSING: yellow }[proof](proof);
}

function detailLine(detail: Detail, paint: Paint): string {
  const text = detailText(detail);
  return detail.kind === "attribute" ? text : paint.dim(text);
}

/** A detail on one line, in which nothing acts. */
export function detailText(detail: Detail): string {
  if (detail.kind !== "attribute") return visible(detail.text);
  const { path, before, after, forcesReplacement } = detail.change;
  const name = visible(path === "" ? "value" : path);
  const why = forcesReplacement ? "  (forces replacement)" : "";
  if (before.kind === "absent") return `+ ${name}: ${valueText(after)}${why}`;
  if (after.kind === "absent") return `- ${name}: ${valueText(before)}${why}`;
  return `~ ${name}: ${valueText(before)} → ${valueText(after)}${why}`;
}

/** The colors of a terminal; without one, they leave a text as it is. */
export type Paint = Readonly<Record<"bold" | "dim" | "red" | "green" | "yellow", (text: string) => string>>;

/** Paints by tone. */
function toned(tone: Tone, { green, yellow, red, dim }: Paint): (text: string) => string {
  return { add: green, change: yellow, destroy: red, calm: dim }[tone];
}

/** One side of a change: a known value as JSON, the others in Terraform's words. */
export function valueText(side: ReportedValue): string {
  switch (side.kind) {
    case "known":
      return visible(JSON.stringify(side.value));
    case "absent":
      return "(none)";
    case "sensitive":
      return "(sensitive value)";
    case "unknown":
      return "(known after apply)";
  }
}
