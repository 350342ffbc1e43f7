import { someOf } from "../../core/text";
import { areRelated } from "../plan/attribute-changes";
import { type ConfiguredExpressions, haveSameExpression } from "../plan/expressions";
import { type FreeAttribute, areEqual, isUnknown, type Fingerprint } from "../plan/fingerprint";
import type { PlanReading } from "../plan/plan-builder";
import type { StepChange } from "../plan/step-change";
import {
  reportedName,
  type MissingChange,
  type ProofClass,
  type ReportedProof,
  type ReportedResource,
} from "../promotion-report";
import type { ProvedResource, ProvingHistory } from "./proving-history";

const GONE = ["delete", "forget"];
const STEP_RUNS = ["run", "retry", "adopt"];

/** What is set side by side: a plan, and what the environment before applied. */
export interface ProofComparison {
  /** Name of the environment that proves. */
  readonly from: string;
  readonly history: ProvingHistory;
  readonly plan: PlanReading;
  readonly steps: readonly StepChange[];
  /** Attributes that may differ, whatever their values. */
  readonly free: readonly FreeAttribute[];
  /**
   * What the configuration says of the resources.
   * @default - unknown; then what only one environment knows before its apply is a difference
   */
  readonly configured?: ConfiguredExpressions | undefined;
}

/** What the environment before says about every change of a plan. */
export interface ProofVerdicts {
  /** By the name of the resource in the report. Data sources are read again everywhere and need no proof. */
  readonly resources: ReadonlyMap<string, ReportedProof>;
  /** By the id of the step. */
  readonly steps: ReadonlyMap<string, ReportedProof>;
  readonly missing: readonly MissingChange[];
}

/** Calls every change of a plan PROVEN, DIFFERS or ONLY-HERE, and finds what is MISSING. */
export function compareChanges(comparison: ProofComparison): ProofVerdicts {
  const { plan, steps } = comparison;
  const changes = plan.resources.filter(({ action }) => action !== "read");
  return {
    resources: new Map(changes.map((change) => [reportedName(change), judgeResource(change, comparison)])),
    steps: new Map(
      steps.filter(({ action }) => STEP_RUNS.includes(action)).map((step) => [step.id, judgeStep(step, comparison)]),
    ),
    missing: [...missingResources(comparison), ...missingSteps(comparison)],
  };
}

function judgeResource(change: ReportedResource, comparison: ProofComparison): ReportedProof {
  const { from, history, plan } = comparison;
  const name = reportedName(change);
  const { action } = change;
  const there = history.resources.get(name);
  if (there === undefined) return proof("ONLY-HERE", `${from} never applied it`);
  if (GONE.includes(action) || GONE.includes(there.action)) {
    if (action === there.action) return proof("PROVEN", `${from} did the same`);
    return GONE.includes(action)
      ? proof("DIFFERS", `${from} keeps it`)
      : proof("DIFFERS", `${from} ended with "${there.action}"`);
  }
  if (action === "replace" && !there.promotedActions().includes("replace")) {
    return proof("DIFFERS", `it is replaced here; ${from} did not replace it at this release`);
  }
  const here = plan.planned.get(name)?.fingerprint() ?? {};
  const different = differingPaths(change, here, there, comparison);
  // An update is judged by what it changes. To find that out takes longer than all the rest, so it comes last.
  const differing = action === "update" && different.length > 0 ? changedHere(different, change) : different;
  if (differing.length === 0) return proof("PROVEN", `${from} applied it with the same result`);
  const { address } = change;
  const reason = differenceReason({ address, from, here, there: there.fingerprint, paths: differing });
  return proof("DIFFERS", reason, differing);
}

function changedHere(paths: readonly string[], { attributes }: ReportedResource): string[] {
  return paths.filter((path) => attributes.some((changed) => areRelated(changed.path, path)));
}

function differingPaths(
  { address, type }: Pick<ReportedResource, "address" | "type">,
  here: Fingerprint,
  there: ProvedResource,
  { free, configured }: ProofComparison,
): string[] {
  const paths = new Set([...Object.keys(here), ...Object.keys(there.fingerprint)]);
  const isFree = (path: string) =>
    free.some(({ resource, attribute }) => (resource === address || resource === type) && isInside(path, attribute));
  const expressions = once(() => configured?.of(address));
  const isSame = (path: string): boolean => {
    const [one, other] = [here[path], there.fingerprint[path]];
    const isKnown = one !== undefined && other !== undefined && !isUnknown(one) && !isUnknown(other);
    if (isKnown) return areEqual(one, other);
    const alike = haveSameExpression(path, expressions(), there.expressions);
    // Both environments learn it from their apply: as good as equal, unless the configurations say that it is not.
    if (isUnknown(one ?? other ?? "") && there.isComputed(path)) return alike !== false;
    // Only one of them knows it already. What comes of the same expression is the same all the same.
    return alike === true && (isLearned(path, here, there.fingerprint) || isLearned(path, there.fingerprint, here));
  };
  return [...paths].filter((path) => !isSame(path) && !isFree(path));
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function judgeStep({ id, checksum }: StepChange, { from, history }: ProofComparison): ReportedProof {
  const there = history.steps.get(id);
  if (there === undefined) return proof("ONLY-HERE", `${from} never applied it`);
  if (checksum === undefined) {
    return proof("DIFFERS", "its program holds a value that only Terraform knows, so nothing can prove it");
  }
  if (there.checksum !== checksum) {
    const short = (text: string | undefined) => text?.slice(0, 12) ?? "an unknown program";
    return proof("DIFFERS", `${from} applied ${short(there.checksum)}, here it is ${short(checksum)}`, ["program"]);
  }
  return proof("PROVEN", `${from} applied the same program`);
}

function missingResources(comparison: ProofComparison): MissingChange[] {
  const { from, history, plan } = comparison;
  const changing = new Set(plan.resources.map(reportedName));
  return [...history.resources].flatMap(([name, there]): MissingChange[] => {
    if (there.promotedActions().length === 0 || changing.has(name)) return [];
    const here = plan.planned.get(name);
    if (GONE.includes(there.action)) {
      return here === undefined
        ? []
        : [missing("resource", name, `${from} ended with "${there.action}", and it stays here`)];
    }
    if (here === undefined) return [missing("resource", name, `${from} has it, and this plan does not make it`)];
    const address = name.replace(/ \(deposed .*\)$/, "");
    const changed = [...there.promotedPaths()].filter((path) => !isUnknown(there.fingerprint[path] ?? "unknown"));
    const type = typeOf(address);
    const differing =
      changed.length === 0
        ? []
        : differingPaths({ address, type }, here.fingerprint(), there, comparison).filter((path) =>
            changed.includes(path),
          );
    return differing.length === 0
      ? []
      : [missing("resource", name, `${from} changed it at this release, and it stays as it is here`, differing)];
  });
}

function missingSteps({ from, history, plan }: ProofComparison): MissingChange[] {
  const here = new Set(
    plan.steps
      .filter(({ change }) => change.actions.join() !== "delete")
      .map(({ change }) => (change.after as { id?: string } | null)?.id),
  );
  return [...history.steps]
    .filter(([id, { promoted }]) => promoted && !here.has(id))
    .map(([id]) => missing("step", id, `${from} applied it, and it is no part of this plan`));
}

/** `module.a["x"].aws_s3_bucket.logs[0]` is an `aws_s3_bucket`. */
function typeOf(address: string): string {
  return /(?:^|\.)([a-z][\w-]*)\.[\w-]+(?:\[[^\]]*\])?$/.exec(address)?.[1] ?? address;
}

function isInside(path: string, attribute: string): boolean {
  return path.length >= attribute.length && areRelated(path, attribute);
}

function proof(proofClass: ProofClass, reason: string, attributes: readonly string[] = []): ReportedProof {
  return { class: proofClass, reason, attributes: [...attributes] };
}

function missing(
  kind: MissingChange["kind"],
  name: string,
  reason: string,
  attributes: readonly string[] = [],
): MissingChange {
  return { kind, name, proof: proof("MISSING", reason, attributes) };
}

/** A resource that two environments do not make the same of. */
export interface DifferingResource {
  readonly address: string;
  /** Name of the environment that proves. */
  readonly from: string;
  readonly here: Fingerprint;
  readonly there: Fingerprint;
  /** Paths that differ. */
  readonly paths: readonly string[];
}

const LISTED = 3;

/**
 * Why a change DIFFERS. A value that one environment knows and the other one learns only from its apply may well come
 * out the same, and nobody can know that before: so it is told apart, with what to write.
 */
function differenceReason({ address, from, here, there, paths }: DifferingResource): string {
  const learnedHere = paths.filter((path) => isLearned(path, here, there));
  const learnedThere = paths.filter((path) => isLearned(path, there, here));
  const learned = [...learnedHere, ...learnedThere];
  const unknown = paths.filter((path) => isUnknown(here[path] ?? "") && !learned.includes(path));
  const known = paths.filter((path) => !learned.includes(path) && !unknown.includes(path));
  if (learned.length + unknown.length === 0) return `${from} applied it with another result`;
  const difference = `{ "resource": ${JSON.stringify(address)}, "attribute": ${JSON.stringify([...learned, ...unknown][0])}, "reason": "…" }`;
  return [
    ...(known.length === 0 ? [] : [`${from} applied it with another result: ${someOf(known, LISTED)}`]),
    ...(unknown.length === 0
      ? []
      : [`known only after the apply, and configured otherwise than in ${from}: ${someOf(unknown, LISTED)}`]),
    ...(learnedHere.length === 0
      ? []
      : [`known in ${from}, and here only after the apply: ${someOf(learnedHere, LISTED)}`]),
    ...(learnedThere.length === 0
      ? []
      : [`known only after the apply in ${from}, and known here: ${someOf(learnedThere, LISTED)}`]),
    `where that is meant, write ${difference} into "differences" of environments.json, or waive the change`,
  ].join("; ");
}

/** Whether a path is known on one side only because the other one learns it from its apply. */
function isLearned(path: string, learning: Fingerprint, knowing: Fingerprint): boolean {
  const isIn = ([other, entry]: readonly [string, string]) => isUnknown(entry) && areRelated(other, path);
  if (!Object.entries(learning).some(isIn)) return false;
  return !Object.entries(knowing).some(isIn);
}
