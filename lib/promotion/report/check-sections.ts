import type { GateResult, PromotionReport } from "../promotion-report";
import { notes, waiverText } from "./details";
import type { Entry, Section, Tone } from "./outline";

type Result = GateResult["result"];

const LOOKS: Readonly<Record<Result, { readonly sign: string; readonly tone: Tone }>> = {
  refused: { sign: "✗", tone: "destroy" },
  open: { sign: "✗", tone: "change" },
  waived: { sign: "!", tone: "change" },
  pending: { sign: "…", tone: "calm" },
  passed: { sign: "✓", tone: "calm" },
};

/** What was checked: what stands in the way comes before all changes, the rest after them. */
export function checkSections(report: PromotionReport): { readonly obstacles: Section[]; readonly others: Section[] } {
  const gates = (title: string, id: string, ...wanted: readonly Result[]): Section => ({
    id,
    title,
    ordered: false,
    brief: wanted.includes("passed"),
    entries: report.gates.filter(({ result }) => wanted.includes(result)).map(gateEntry),
  });
  return {
    obstacles: [
      gates("Gates that refuse", "refusals", "refused"),
      gates("Open gates, which an apply refuses", "open-gates", "open"),
    ],
    others: [
      gates("Gates that are waived or asked later", "gates", "waived", "pending"),
      gates("Gates that hold", "passed-gates", "passed"),
      { id: "warnings", title: "Warnings", ordered: false, entries: report.warnings.map(warningEntry) },
      { id: "basis", title: "What the plan stands on", ordered: false, entries: basisEntries(report) },
    ],
  };
}

function gateEntry({ id, title, stage, result, code, detail, waiver }: GateResult): Entry {
  return {
    name: id,
    title,
    action: `${result}, ${STAGES[stage]}`,
    ...LOOKS[result],
    important: result === "refused" || result === "open",
    details: notes(
      code === undefined ? detail : `${code}: ${detail}`,
      waiver === undefined ? undefined : waiverText(waiver),
    ),
  };
}

const STAGES: Readonly<Record<GateResult["stage"], string>> = {
  synth: "at synth",
  plan: "at plan",
  apply: "at apply",
  run: "right before a step",
  manual: "by attestation",
};

function warningEntry(text: string): Entry {
  const [name = "", ...rest] = text.split("\n").filter((line) => line.trim() !== "");
  return { name, action: "", sign: "!", tone: "change", details: notes(...rest.map((line) => line.trim())) };
}

function basisEntries({ digest, parts, versions, plannedAt, proof }: PromotionReport): Entry[] {
  const facts: (readonly [string, string])[] = [
    ["planned at", plannedAt],
    ["digest", digest],
    ...Object.entries(parts),
    ["Sterna", versions.sterna],
    ["Terraform", versions.terraform],
  ];
  if (proof !== undefined) facts.push([`last record of ${proof.environment}`, proof.records.at(-1) ?? "none"]);
  if (proof?.differences.length) facts.push(["declared differences", proof.differences.join(", ")]);
  return facts.map(([name, action]) => ({ name, action, sign: "·", tone: "calm", details: [] }));
}
