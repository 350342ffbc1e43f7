import type { GateResult, PromotionReport } from "../promotion-report";
import { notes, waiverText } from "./details";
import type { Entry, Section, Tone } from "./outline";

const LOOKS: Readonly<Record<GateResult["result"], { readonly sign: string; readonly tone: Tone }>> = {
  refused: { sign: "✗", tone: "destroy" },
  waived: { sign: "!", tone: "change" },
  pending: { sign: "…", tone: "change" },
  passed: { sign: "✓", tone: "calm" },
};

/** What was checked: refusals come before all changes, the rest after them. */
export function checkSections(report: PromotionReport): { readonly refusals: Section[]; readonly others: Section[] } {
  const gates = (title: string, id: string, wanted: (gate: GateResult) => boolean): Section => ({
    id,
    title,
    ordered: false,
    entries: report.gates.filter(wanted).map(gateEntry),
  });
  const isRefusal = ({ result }: GateResult): boolean => result === "refused";
  return {
    refusals: [gates("Gates that refuse", "refusals", isRefusal)],
    others: [
      gates("Gates", "gates", (gate) => !isRefusal(gate)),
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
    important: result === "refused",
    details: notes(
      code === undefined ? detail : `${code}: ${detail}`,
      waiver === undefined ? undefined : waiverText(waiver),
    ),
  };
}

const STAGES: Readonly<Record<GateResult["stage"], string>> = {
  synth: "at synth",
  plan: "at plan",
  run: "right before a step",
  manual: "attested by a person",
};

function warningEntry(text: string): Entry {
  const [name = "", ...rest] = text.split("\n").filter((line) => line.trim() !== "");
  return { name, action: "", sign: "!", tone: "change", details: notes(...rest) };
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
