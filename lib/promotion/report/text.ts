import type { PromotionReport, ProofClass } from "../promotion-report";
import { toned, type Paint } from "./colors";
import { titleOf } from "./headline";
import { outlineOf, type Detail, type Entry, type Section } from "./outline";
import { valueText } from "./value-text";
import { visible } from "./visible";

/**
 * A report for a terminal. Nothing in it drives the terminal but the given colours.
 *
 * @returns lines without a line break at the end
 */
export function renderText(report: PromotionReport, paint: Paint): string {
  const { headline, sections } = outlineOf(report);
  const { verdict, extent, proof } = headline;
  const lines = [paint.bold(visible(titleOf(headline))), extent];
  if (proof !== undefined) lines.push(`Compared with ${visible(proof.environment)}: ${proof.text}`);
  for (const section of sections) pushSection(lines, section, paint);
  lines.push("", toned(verdict.tone, paint)(verdict.text));
  return lines.join("\n");
}

function pushSection(lines: string[], { title, ordered, entries }: Section, paint: Paint): void {
  lines.push("", `${paint.bold(visible(title))}:`);
  entries.forEach((entry, index) => {
    lines.push(entryLine(entry, ordered ? index + 1 : undefined, paint));
    for (const detail of entry.details) lines.push(`      ${paint.dim(detailText(detail))}`);
  });
}

function entryLine({ sign, tone, name, title, action, proof }: Entry, place: number | undefined, paint: Paint): string {
  const label = `${sign} ${visible(name)}`;
  const rest = [
    ...(title === undefined ? [] : [visible(title)]),
    ...(action === "" ? [] : [paint.dim(`(${visible(action)})`)]),
    ...(proof === undefined ? [] : [proofText(proof, paint)]),
  ];
  return [`  ${place === undefined ? "" : `${place}. `}${toned(tone, paint)(label)}`, ...rest].join("  ");
}

function proofText(proof: ProofClass, { green, red, yellow }: Paint): string {
  return { PROVEN: green, DIFFERS: red, "ONLY-HERE": yellow, MISSING: yellow }[proof](proof);
}

/** A detail on one line, in which nothing acts. */
export function detailText(detail: Detail): string {
  if (detail.kind !== "attribute") return visible(detail.text);
  const { path, before, after, forcesReplacement } = detail.change;
  const why = forcesReplacement ? "  (forces replacement)" : "";
  return `${visible(path === "" ? "(whole)" : path)}: ${valueText(before)} → ${valueText(after)}${why}`;
}
