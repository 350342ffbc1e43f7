import { INVOKE, REPLACE_AND_FORGET } from "../plan/resource-change";
import {
  reportedName,
  type AttributeChange,
  type ProofClass,
  type ReportedProvisioner,
  type ReportedResource,
} from "../promotion-report";
import {
  attributeDetail,
  notes,
  proofNotes,
  CALM,
  CREATE,
  DELETE,
  type Look,
  looks,
  REPLACE,
  UNKNOWN,
  UPDATE,
  type Detail,
  type Entry,
  type Tone,
} from "./entry";

const MOVE: Look = { sign: "→", tone: "change" };
const IMPORT: Look = { sign: "↓", tone: "add" };
const RESOURCE_LOOKS = looks({
  create: CREATE,
  update: UPDATE,
  delete: DELETE,
  replace: REPLACE,
  forget: CALM,
  read: CALM,
  "no-op": CALM,
  [INVOKE]: { sign: "!", tone: "change" },
});

/** Actions that do not speak for themselves. */
const WORDS = new Map([
  ["forget", "leaves the state; the object itself stays"],
  ["read", "read during the apply"],
  [REPLACE_AND_FORGET, "replace; the old one stays and leaves the state"],
]);

/** Makes nothing before it is shown: of a large plan, a comment has room for a few changes. */
export class ResourceEntry implements Entry {
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
    const place = [
      ...(movedFrom === undefined ? [] : [`moved from ${movedFrom}`]),
      ...(importId === undefined
        ? []
        : [importId === "" ? "imported; its id is known after apply" : `imported: ${importId}`]),
    ];
    const words = WORDS.get(action) ?? (action === "no-op" ? "no change" : action);
    return [...(action === "no-op" && place.length > 0 ? [] : [words]), ...how, ...place].join(", ");
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
      ...(resource.provisioners ?? []).flatMap(provisionerDetails),
      ...attributeDetails(resource),
    ];
  }
}

function lookOf({ action, movedFrom, importId }: ReportedResource): Look {
  if (action !== "no-op") return RESOURCE_LOOKS.get(action) ?? UNKNOWN;
  if (movedFrom !== undefined) return MOVE;
  return importId === undefined ? CALM : IMPORT;
}

function resourceNotes({ actionReason, proof }: ReportedResource): Detail[] {
  return [
    ...notes(actionReason === undefined ? undefined : `Why: ${actionReasonText(actionReason)}`),
    ...proofNotes(proof),
  ];
}

const MOMENTS = {
  create: "when it is created",
  destroy: "before it is destroyed",
  unknown: "when it is created or destroyed",
};

function provisionerDetails({ type, when, runs }: ReportedProvisioner): Detail[] {
  return [...notes(`Runs ${MOMENTS[when]} (${type}):`), ...runs.map((text): Detail => ({ kind: "code", text }))];
}

/** What a new resource gets only from the apply is half of its attributes: their names are enough, on one line. */
function attributeDetails(resource: ReportedResource): Detail[] {
  const { action } = resource;
  // Nothing happens to them.
  if (action === "forget") return [];
  const { attributes } = resource;
  const isLater = ({ before, after }: AttributeChange) => before.kind === "absent" && after.kind === "unknown";
  const later = action === "create" ? attributes.filter(isLater).map(({ path }) => path) : [];
  if (later.length < 2) return attributes.map(attributeDetail);
  return [
    ...attributes.filter((change) => !isLater(change)).map(attributeDetail),
    ...notes(`Known after apply: ${later.join(", ")}`),
  ];
}

// Reasons in Terraform's own words ("JSON Output Format": `action_reason`, `deferred_changes[].reason`), in ours.

const ACTIONS = new Map([
  ["replace_because_cannot_update", "an attribute cannot be changed in place"],
  ["replace_because_tainted", "an earlier apply left it damaged"],
  ["replace_by_request", "requested with -replace"],
  ["replace_by_triggers", "what replace_triggered_by names changes"],
  ["delete_because_no_resource_config", "it is not in the configuration any more"],
  ["delete_because_no_module", "its module is not in the configuration any more"],
  ["delete_because_no_move_target", "it was moved to where the configuration has nothing"],
  ["delete_because_wrong_repetition", "its count or for_each came or went"],
  ["delete_because_count_index", "count is smaller now"],
  ["delete_because_each_key", "its key is not in for_each any more"],
  ["read_because_config_unknown", "what it is asked is known only during the apply"],
  ["read_because_dependency_pending", "what it depends on changes first"],
  ["read_because_check_nested", "a check block reads it in every apply"],
]);

const DEFERRALS = new Map([
  ["instance_count_unknown", "its count or for_each is known only after an apply"],
  ["resource_config_unknown", "its configuration is known only after an apply"],
  ["provider_config_unknown", "the configuration of its provider is known only after an apply"],
  ["absent_prereq", "something that it needs is not there yet"],
  ["unknown", "Terraform does not say"],
  ["deferred_prereq", "something that it needs is left for later too"],
]);

/** Why Terraform chose an action; a reason that a newer Terraform brings, as it says it. */
function actionReasonText(reason: string): string {
  return ACTIONS.get(reason) ?? reason.replaceAll("_", " ");
}

/** Why Terraform leaves a change for later. */
export function deferralText(reason: string): string {
  return DEFERRALS.get(reason) ?? reason.replaceAll("_", " ");
}
