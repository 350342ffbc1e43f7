import type { AttributeChange, PromotionReport, ProofClass } from "../promotion-report";
import { changeSections } from "./change-sections";
import { checkSections } from "./check-sections";
import { headlineOf, type Headline } from "./headline";

/** What a line is about, for colours. Never told by a colour alone. */
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

/** A report as it is read: the same for every form, so that none leaves out what another one shows. */
export interface Outline {
  readonly headline: Headline;
  /** The most important first. */
  readonly sections: readonly Section[];
}

/** Puts a report into the order in which people read it. Each change becomes one entry. */
export function outlineOf(report: PromotionReport): Outline {
  const { obstacles, others } = checkSections(report);
  const sections = [...obstacles, ...changeSections(report), ...others];
  return { headline: headlineOf(report), sections: sections.filter(({ entries }) => entries.length > 0) };
}
