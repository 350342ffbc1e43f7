import { INVOKE } from "../plan/action-invocation";
import { reportedName, type AttributeChange, type ProofClass, type ReportedResource } from "../promotion-report";
import { REPLACE_AND_FORGET } from "../resource-change";
import { attributeDetail, notes, proofNotes } from "./details";
import { CALM, CREATE, DELETE, type Look, looks, REPLACE, UNKNOWN, UPDATE } from "./looks";
import type { Detail, Entry, Tone } from "./outline";
import { actionReasonText } from "./reasons";

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
