import type { ReportedValue } from "../promotion-report";
import { visible } from "./visible";

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
