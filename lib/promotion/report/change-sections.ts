import {
  reportedName,
  type ProofClass,
  type PromotionReport,
  type ReportedResource,
  type ReportedStep,
} from "../promotion-report";
import { attributeDetail, notes, proofClassOf, proofNotes } from "./details";
import type { Detail, Entry, Section, Tone } from "./outline";

interface Look {
  readonly sign: string;
  readonly tone: Tone;
}

const CREATE: Look = { sign: "+", tone: "add" };
const UPDATE: Look = { sign: "~", tone: "change" };
const DELETE: Look = { sign: "-", tone: "destroy" };
const REPLACE: Look = { sign: "±", tone: "destroy" };
const CALM: Look = { sign: ".", tone: "calm" };
const UNKNOWN: Look = { sign: "?", tone: "change" };

const RESOURCE_LOOKS = looks({
  create: CREATE,
  update: UPDATE,
  delete: DELETE,
  replace: REPLACE,
  forget: CALM,
  read: CALM,
  "no-op": CALM,
});

const STEP_LOOKS = looks({
  run: CREATE,
  retry: UPDATE,
  adopt: CALM,
  describe: CALM,
  "roll-back": DELETE,
  forget: CALM,
});

const NOT_RUN = ["adopt", "describe"];

/** By action: a map, since an action may be called like a member of every object. */
function looks(table: Readonly<Record<string, Look>>): ReadonlyMap<string, Look> {
  return new Map(Object.entries(table));
}

/** What a plan changes: data at stake first. Each change stands in one section, once. */
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

/** Makes nothing before it is shown: of a large plan, a comment has room for a few changes. */
class ResourceEntry implements Entry {
  constructor(
    private readonly resource: ReportedResource,
    /** Whether its data is lost. */
    readonly important: boolean,
  ) {}

  get name(): string {
    return reportedName(this.resource);
  }

  get action(): string {
    const { action, createBeforeDestroy, movedFrom, importId } = this.resource;
    const how = action === "replace" ? [createBeforeDestroy ? "the new one first" : "the old one goes first"] : [];
    return [
      action === "no-op" ? "no change" : action,
      ...how,
      ...(movedFrom === undefined ? [] : ["moved"]),
      ...(importId === undefined ? [] : ["imported"]),
    ].join(", ");
  }

  get sign(): string {
    return lookOf(this.resource).sign;
  }

  get tone(): Tone {
    return lookOf(this.resource).tone;
  }

  get proof(): ProofClass | undefined {
    return this.resource.proof?.class;
  }

  get details(): Detail[] {
    const { resource, important } = this;
    const loss = `its data ${resource.action === "replace" ? "does not move to the new one" : "goes with it"}`;
    return [
      ...notes(important ? `It holds data; ${loss}.` : undefined),
      ...resourceNotes(resource),
      ...resource.attributes.map(attributeDetail),
    ];
  }
}

function lookOf({ action }: ReportedResource): Look {
  return RESOURCE_LOOKS.get(action) ?? UNKNOWN;
}

function resourceNotes({ actionReason, movedFrom, importId, proof }: ReportedResource): Detail[] {
  return [
    ...notes(
      actionReason === undefined ? undefined : `Why: ${actionReason.replaceAll("_", " ")}`,
      movedFrom === undefined ? undefined : `Moved from ${movedFrom}`,
      importId === undefined ? undefined : `Imported: ${importId === "" ? "its id is known after apply" : importId}`,
    ),
    ...proofNotes(proof),
  ];
}

function stepEntry(step: ReportedStep): Entry {
  const { id, action, release, title, after, preview, proof } = step;
  return {
    name: id,
    title,
    action: `${action}, release ${release}`,
    ...(STEP_LOOKS.get(action) ?? UNKNOWN),
    ...proofClassOf(proof),
    details: [
      ...notes(after.length === 0 ? undefined : `After ${after.join(", ")}`),
      ...proofNotes(proof),
      ...preview.map((text): Detail => ({ kind: "code", text })),
    ],
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
    ...(RESOURCE_LOOKS.get(action) ?? UNKNOWN),
    details: attributes.map(attributeDetail),
  }));
}

function deferredEntries({ deferred }: PromotionReport): Entry[] {
  return deferred.map(({ address, action, reason }) => ({
    name: address,
    action: `${action}, later`,
    ...CALM,
    details: notes(`Why: ${reason.replaceAll("_", " ")}`),
  }));
}
