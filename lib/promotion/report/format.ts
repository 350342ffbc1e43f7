import type { PromotionReport } from "../promotion-report";
import type { Paint } from "./colors";
import { renderOverviewHtml } from "./html/overview-page";
import { renderHtml } from "./html/plan-page";
import { jsonChunks } from "./json-chunks";
import { renderMarkdown } from "./markdown";
import { renderOverviewMarkdown } from "./overview-markdown";
import type { Overview } from "./overview";
import { textLines } from "./text";

/** Forms that a report about a plan has. */
export const REPORT_FORMATS = ["text", "markdown", "json", "html"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Forms that an overview has; on a terminal, `sterna status` is one. */
export const OVERVIEW_FORMATS = ["html", "markdown", "json"] as const;
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
