import type { PromotionReport } from "../promotion-report";
import type { Paint } from "./colors";
import { renderOverviewHtml } from "./html/overview-page";
import { renderHtml } from "./html/plan-page";
import { renderMarkdown } from "./markdown";
import { renderOverviewMarkdown } from "./overview-markdown";
import type { Overview } from "./overview";
import { renderText } from "./text";

/** Forms that a report about a plan has. */
export const REPORT_FORMATS = ["text", "markdown", "json", "html"] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Forms that an overview has; on a terminal, `sterna status` is one. */
export const OVERVIEW_FORMATS = ["html", "markdown", "json"] as const;
export type OverviewFormat = (typeof OVERVIEW_FORMATS)[number];

/** A report in one of its forms, with a line break at the end. */
export function formatReport(report: PromotionReport, format: ReportFormat, paint: Paint): string {
  switch (format) {
    case "text":
      return `${renderText(report, paint)}\n`;
    case "markdown":
      return renderMarkdown(report);
    case "json":
      return renderJson(report);
    case "html":
      return renderHtml(report);
  }
}

/** An overview in one of its forms, with a line break at the end. */
export function formatOverview(overview: Overview, format: OverviewFormat): string {
  switch (format) {
    case "markdown":
      return renderOverviewMarkdown(overview);
    case "json":
      return renderJson(overview);
    case "html":
      return renderOverviewHtml(overview);
  }
}

function renderJson(value: PromotionReport | Overview): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
