import type { AttributeChange, ReportedProof, ReportedWaiver } from "../promotion-report";
import type { Tone, Detail, Entry } from "./outline";

/** Sign and tone of what happens. */
export interface Look {
  readonly sign: string;
  readonly tone: Tone;
}

export const CREATE: Look = { sign: "+", tone: "add" };
export const UPDATE: Look = { sign: "~", tone: "change" };
export const DELETE: Look = { sign: "-", tone: "destroy" };
export const REPLACE: Look = { sign: "±", tone: "destroy" };
export const CALM: Look = { sign: ".", tone: "calm" };
export const UNKNOWN: Look = { sign: "?", tone: "change" };

/** By action: a map, since an action may be called like a member of every object. */
export function looks(table: Readonly<Record<string, Look>>): ReadonlyMap<string, Look> {
  return new Map(Object.entries(table));
}

export function attributeDetail(change: AttributeChange): Detail {
  return { kind: "attribute", change };
}

export function proofClassOf(proof: ReportedProof | undefined): Pick<Entry, "proof"> {
  return proof === undefined ? {} : { proof: proof.class };
}

/** Why a change is not PROVEN, which its entry says, and who lets it through. */
export function proofNotes(proof: ReportedProof | undefined): Detail[] {
  if (proof === undefined || (proof.class === "PROVEN" && proof.waiver === undefined)) return [];
  const where = proof.attributes.length === 0 ? "" : ` (${proof.attributes.join(", ")})`;
  return notes(`${proof.reason}${where}`, proof.waiver === undefined ? undefined : waiverText(proof.waiver));
}

/** `Waived by Ada until 2026-12-31: why` */
export function waiverText({ by, reason, expires }: ReportedWaiver): string {
  return `Waived by ${by} until ${expires}: ${reason}`;
}

/** Sentences, without those that there is nothing to say for. Each line of a text is a note. */
export function notes(...texts: readonly (string | undefined)[]): Detail[] {
  return texts.flatMap((text) => text?.split("\n") ?? []).map((text) => ({ kind: "note", text }));
}
