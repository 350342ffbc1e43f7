import type { PromotionReport } from "../../lib/promotion/promotion-report";
import type { Paint } from "../../lib/promotion/report/text";
import { reportChunks, type ReportFormat } from "../../lib/promotion/format-report";

/** A report in one of its forms, as a whole. */
export function formatReport(report: PromotionReport, format: ReportFormat, paint: Paint): string {
  return [...reportChunks(report, format, paint)].join("");
}
