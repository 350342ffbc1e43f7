import type { PromotionReport, ReportedResource, ReportedStep, GateResult } from "../promotion-report";
import {
  attributeDetail,
  notes,
  proofClassOf,
  proofNotes,
  CALM,
  CREATE,
  DELETE,
  looks,
  UNKNOWN,
  UPDATE,
  waiverText,
  type Detail,
  type Entry,
  type Section,
  type Tone,
} from "./entry";
import { deferralText, ResourceEntry } from "./resource-entry";

const STEP_LOOKS = looks({
  run: CREATE,
  retry: UPDATE,
  adopt: CALM,
  describe: CALM,
  "roll-back": DELETE,
  forget: CALM,
});

const OUTPUT_LOOKS = looks({ create: CREATE, update: UPDATE, delete: DELETE });

const NOT_RUN = ["adopt", "describe"];

/** What a plan changes, data at stake first. Each change appears in exactly one section. */
export function changeSections(report: PromotionReport): Section[] {
  const { resources, steps, rollbacks } = report;
  const section = (id: string, title: string, entries: readonly Entry[], ordered = false): Section => ({
    id,
    title,
    ordered,
    entries,
  });
  const runs = steps.filter(({ action }) => !NOT_RUN.includes(action));
  const undone = rollbacks.filter(({ action }) => action !== "forget");
  return [
    section("data", "Data at stake", resources.filter(losesData).map(atStake)),
    section("steps", "Steps to run, in this order", runs.map(stepEntry), true),
    section("rollbacks", "Steps to roll back, in this order", undone.map(stepEntry), true),
    section("resources", "Resources", resources.filter((each) => !losesData(each)).map(changed)),
    section("missing", `Applied in ${report.proof?.environment}, and no part of this plan`, missingEntries(report)),
    section("adopted", "Steps that are applied already: adopted, not run again", stepsThat("adopt", steps)),
    section("described", "Applied steps whose description changes; nothing runs", stepsThat("describe", steps)),
    section("forgotten", "Steps to take out of the ledger; what they did stays", stepsThat("forget", rollbacks)),
    section("checks", "Conditions that do not hold, or are known only after the apply", checkEntries(report)),
    section("outputs", "Outputs", outputEntries(report)),
    section("deferred", "Left for a later plan", deferredEntries(report)),
    section("drift", "Changed outside of Terraform since the last apply", report.drift.map(changed)),
  ];
}

function losesData({ stateful, action }: ReportedResource): boolean {
  return stateful && (action.includes("delete") || action === "replace");
}

function atStake(resource: ReportedResource): Entry {
  return new ResourceEntry(resource, true);
}

function changed(resource: ReportedResource): Entry {
  return new ResourceEntry(resource, false);
}

function stepEntry({ id, action, release, title, preview, proof }: ReportedStep): Entry {
  return {
    name: id,
    title,
    action: action === "run" || action === "roll-back" ? `release ${release}` : `release ${release}, ${action}`,
    ...(STEP_LOOKS.get(action) ?? UNKNOWN),
    ...proofClassOf(proof),
    details: [...proofNotes(proof), ...preview.map((text): Detail => ({ kind: "code", text }))],
  };
}

function stepsThat(action: string, steps: readonly ReportedStep[]): Entry[] {
  return steps.filter((step) => step.action === action).map(stepEntry);
}

function missingEntries({ proof }: PromotionReport): Entry[] {
  return (proof?.missing ?? []).map((missing) => ({
    name: missing.name,
    action: `${missing.kind}, not in this plan`,
    sign: "?",
    tone: "change",
    ...proofClassOf(missing.proof),
    details: proofNotes(missing.proof),
  }));
}

function outputEntries({ outputs }: PromotionReport): Entry[] {
  return outputs.map(({ name, action, attributes }) => ({
    name,
    action,
    ...(OUTPUT_LOOKS.get(action) ?? UNKNOWN),
    details: attributes.map(attributeDetail),
  }));
}

function checkEntries({ checks }: PromotionReport): Entry[] {
  return checks.map(({ address, status, problems }) => ({
    name: address,
    action: status === "unknown" ? "known after apply" : status,
    ...(status === "unknown" ? { sign: "…", tone: "calm" } : { sign: "✗", tone: "destroy", important: true }),
    details: notes(...problems),
  }));
}

function deferredEntries({ deferred }: PromotionReport): Entry[] {
  return deferred.map(({ address, action, reason }) => ({
    name: address,
    action: `${action}, later`,
    ...CALM,
    details: notes(`Why: ${deferralText(reason)}`),
  }));
}

type Result = GateResult["result"];

const LOOKS: Readonly<Record<Result, { readonly sign: string; readonly tone: Tone }>> = {
  refused: { sign: "✗", tone: "destroy" },
  open: { sign: "✗", tone: "change" },
  waived: { sign: "!", tone: "change" },
  pending: { sign: "…", tone: "calm" },
  passed: { sign: "✓", tone: "calm" },
};

/** What was checked: what blocks the plan comes before all changes, the rest after them. */
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
  attested: "by attestation",
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
