import { Tone, Section } from "./entry";
import type { PromotionReport } from "../promotion-report";
import { changeSections, checkSections } from "./sections";

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

/** What a report says before anything else. */
export interface Headline {
  readonly system: string;
  readonly environment: string;
  /** The release that it comes from, unless it stays, and the one that it goes to. */
  readonly releases: readonly string[];
  /** What may be done with the plan. */
  readonly verdict: { readonly tone: Tone; readonly text: string };
  /** How much changes, in one sentence. */
  readonly extent: string;
  /** What the environment before proved; absent in the first one. */
  readonly proof?: { readonly environment: string; readonly text: string };
}

function headlineOf(report: PromotionReport): Headline {
  const { system, environment, release, proof } = report;
  const stays = release.from === undefined || release.from === release.to;
  return {
    system,
    environment,
    releases: stays ? [release.to] : [release.from!, release.to],
    verdict: verdictOf(report),
    extent: extentOf(report),
    ...(proof === undefined ? {} : { proof: { environment: proof.environment, text: proofText(proof) } }),
  };
}

/** `shop in staging: release 1.0.0 → 2.0.0` */
export function titleOf({ system, environment, releases }: Headline): string {
  return `${system} in ${environment}: release ${releases.join(" → ")}`;
}

/** `1 step`, `2 steps` */
export function counted(count: number, noun: string, plural: string = `${noun}s`): string {
  return `${inThousands(count)} ${count === 1 ? noun : plural}`;
}

/** `65,536`. The first call of `toLocaleString` loads so much that it is as long as the rest of a comment. */
export function inThousands(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

function verdictOf({ allowed, changes, gates }: PromotionReport): Headline["verdict"] {
  if (!allowed) {
    const refused = gates.filter(({ result }) => result === "refused").length;
    const by =
      refused === 0
        ? "not every gate lets it through"
        : `${counted(refused, "gate")} ${refused === 1 ? "says" : "say"} no`;
    return { tone: "destroy", text: `Refused: ${by}.` };
  }
  if (!changes) return { tone: "calm", text: "Nothing to do: everything is as the release wants it." };
  const open = gates.filter(({ result }) => result === "open").length;
  if (open > 0)
    return {
      tone: "change",
      text: `Not to be applied yet: ${counted(open, "gate")} ${open === 1 ? "is" : "are"} open.`,
    };
  const pending = gates.filter(({ result }) => result === "pending").length;
  const later = pending === 0 ? "" : ` ${counted(pending, "gate")} will be asked later.`;
  return { tone: "add", text: `Ready to apply.${later}` };
}

function extentOf({ summary }: PromotionReport): string {
  const { add, change, destroy, statefulDestroys, steps, rollbacks, drift, defer, outputs, move, forget, invoke } =
    summary;
  const imported = summary.import;
  const parts = [
    `Resources: ${add} to add, ${change} to change, ${destroy} to destroy`,
    ...(steps > 0 ? [`${counted(steps, "step")} to run`] : []),
    ...(rollbacks > 0 ? [`${counted(rollbacks, "step")} to roll back`] : []),
    ...(imported > 0 ? [`${imported} to import`] : []),
    ...(move > 0 ? [`${move} to move`] : []),
    ...(forget > 0 ? [`${forget} to forget`] : []),
    ...(invoke > 0 ? [`${counted(invoke, "action")} to invoke`] : []),
    ...(defer > 0 ? [`${defer} left for a later plan`] : []),
    ...(outputs > 0 ? [`${counted(outputs, "output")} to change`] : []),
    ...(drift > 0 ? [`${drift} changed outside of Terraform`] : []),
    ...(statefulDestroys > 0 ? [`${counted(statefulDestroys, "resource")} with data lost or replaced`] : []),
  ];
  return `${parts.join("; ")}.`;
}

function proofText({ counts, open, notCompared = 0 }: NonNullable<PromotionReport["proof"]>): string {
  const classes = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`);
  const rest = open === 0 ? "nothing is open" : `${open} neither proven nor waived`;
  const unseen = notCompared === 0 ? "" : `; ${counted(notCompared, "sensitive value")} not compared`;
  return `${classes.length === 0 ? "no changes" : classes.join(", ")}; ${rest}${unseen}.`;
}
