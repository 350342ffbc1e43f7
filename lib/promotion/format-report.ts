import type { PromotionReport } from "./promotion-report";
import { renderOverviewHtml } from "./report/html/overview-page";
import { renderHtml } from "./report/html/plan-page";
import { renderMarkdown, renderOverviewMarkdown } from "./report/markdown";
import type { Overview } from "./report/overview";
import { type Paint, textLines } from "./report/text";

/** Forms that a report about a plan has. */
export const REPORT_FORMATS = ["text", "markdown", "json", "html"] as const;
/** A form of the report on a plan. */
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Forms that an overview has; on a terminal, `sterna status` is one. */
export const OVERVIEW_FORMATS = ["html", "markdown", "json"] as const;
/** A form of the overview of what runs where. */
export type OverviewFormat = (typeof OVERVIEW_FORMATS)[number];

/**
 * A report in one of its forms, with a line break at the end, piece by piece: as text and as JSON, the report of a large
 * plan may be longer than a string may be.
 */
export function* reportChunks(report: PromotionReport, format: ReportFormat, paint: Paint): Generator<string> {
  switch (format) {
    case "text":
      for (const line of textLines(report, paint)) yield `${line}\n`;
      return;
    case "markdown":
      return yield renderMarkdown(report);
    case "json":
      yield* jsonChunks(report);
      return yield "\n";
    case "html":
      return yield renderHtml(report);
  }
}

/** An overview in one of its forms, with a line break at the end. */
export function formatOverview(overview: Overview, format: OverviewFormat): string {
  switch (format) {
    case "markdown":
      return renderOverviewMarkdown(overview);
    case "json":
      return `${JSON.stringify(overview, undefined, 2)}\n`;
    case "html":
      return renderOverviewHtml(overview);
  }
}

const INDENT = "  ";

/** How deep a value is split: what is deeper, such as one change, is written in one piece. */
const DEPTH = 3;

/**
 * The same text as `JSON.stringify(value, undefined, 2)`, piece by piece: the whole of a large report would be longer
 * than a string may be (512 MiB).
 */
export function* jsonChunks(value: unknown, depth: number = DEPTH, indent: string = ""): Generator<string> {
  const plain = withoutToJson(value, "");
  if (depth === 0 || typeof plain !== "object" || plain === null || isBoxed(plain)) {
    yield (JSON.stringify(plain, undefined, INDENT) ?? "null").replaceAll("\n", `\n${indent}`);
    return;
  }
  const isList = Array.isArray(plain);
  const [open, close] = isList ? "[]" : "{}";
  const inner = indent + INDENT;
  let separator = `${open}\n${inner}`;
  let isEmpty = true;
  for (const [name, member] of membersOf(plain)) {
    const written = withoutToJson(member, name);
    if (!isList && isLeftOut(written)) continue;
    yield isList ? separator : `${separator}${JSON.stringify(name)}: `;
    yield* jsonChunks(isLeftOut(written) ? null : written, depth - 1, inner);
    separator = `,\n${inner}`;
    isEmpty = false;
  }
  yield isEmpty ? `${open}${close}` : `\n${indent}${close}`;
}

function* membersOf(value: object): Generator<[name: string, member: unknown]> {
  if (Array.isArray(value)) for (let index = 0; index < value.length; index++) yield [String(index), value[index]];
  else for (const name of Object.keys(value)) yield [name, (value as Record<string, unknown>)[name]];
}

function withoutToJson(value: unknown, name: string): unknown {
  const toJson = (value as { toJSON?: unknown } | null | undefined)?.toJSON;
  return typeof toJson === "function" ? (toJson.call(value, name) as unknown) : value;
}

/** `new String("x")` is written as a text. */
function isBoxed(value: object): boolean {
  return value instanceof String || value instanceof Number || value instanceof Boolean;
}

/** What JSON has no word for: left out of objects, `null` in lists. */
function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === "function" || typeof value === "symbol";
}
