import type { AttributeChange, ReportedProof, ReportedWaiver, ProofClass } from "../promotion-report";

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

/** Why a change is not PROVEN, which its entry says, and who lets it through; of a proven one, what was not compared. */
export function proofNotes(proof: ReportedProof | undefined): Detail[] {
  if (proof === undefined) return [];
  const { notCompared = [] } = proof;
  if (proof.class === "PROVEN" && proof.waiver === undefined) {
    return notes(notCompared.length === 0 ? undefined : `Sensitive, so not compared: ${notCompared.join(", ")}`);
  }
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

/** What a line is about, for colors. Never told by a color alone. */
export type Tone = "add" | "change" | "destroy" | "calm";

/** What is known about an entry besides its name. */
export type Detail =
  | { readonly kind: "attribute"; readonly change: AttributeChange }
  /** A sentence. */
  | { readonly kind: "note"; readonly text: string }
  /** A line of something that runs. */
  | { readonly kind: "code"; readonly text: string };

/** One change, gate or warning. */
export interface Entry {
  readonly name: string;
  /** What happens, in words. */
  readonly action: string;
  readonly tone: Tone;
  /** One or two characters for it, as in Terraform's plans. */
  readonly sign: string;
  readonly title?: string;
  readonly proof?: ProofClass | undefined;
  /** Whether it should be seen without a click. */
  readonly important?: boolean;
  readonly details: readonly Detail[];
}

/** Entries of one kind. Sections without entries are not part of an outline. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** Whether the order of the entries is that in which they happen. */
  readonly ordered: boolean;
  /**
   * Whether a terminal shows only the names of the entries.
   * @default false
   */
  readonly brief?: boolean;
  readonly entries: readonly Entry[];
}
