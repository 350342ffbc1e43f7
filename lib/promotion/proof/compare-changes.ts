import { someOf } from "../../core/text";
import { areRelated } from "../plan/attribute-changes";
import {
  compareExpressions,
  type ConfiguredExpressions,
  differingMeta,
  type Expressions,
  isProgram,
  writeOnlyAttributes,
} from "../plan/expressions";
import {
  type FreeAttribute,
  areEqual,
  haveSameValue,
  isSensitive,
  isUnknown,
  type Fingerprint,
} from "../plan/fingerprint";
import type { PlanReading } from "../plan/plan-builder";
import { READ, REPLACE_AND_FORGET } from "../plan/resource-change";
import type { StepChange } from "../plan/step-change";
import { reportedName, type MissingChange, type ReportedProof, type ReportedResource } from "../promotion-report";
import { judgeRemoval, judgeStep, missing, missingSteps, proof } from "./judge-steps";
import type { ProvedResource, ProvingHistory } from "./proving-history";

const GONE = ["delete", "forget"];
const STEP_RUNS = ["run", "retry", "adopt"];
const STEP_LEAVES = ["roll-back", "forget"];

/** What is set side by side: a plan, and what the environment before applied. */
export interface ProofComparison {
  /** Name of the environment that proves. */
  readonly from: string;
  readonly history: ProvingHistory;
  readonly plan: PlanReading;
  /** Steps that run, are adopted or described, and then those that leave. */
  readonly steps: readonly StepChange[];
  /**
   * What the environment itself applied, when it goes back to an older release.
   * @default - it does not go back
   */
  readonly back?: WayBack | undefined;
  /** Attributes that may differ, whatever their values. */
  readonly free: readonly FreeAttribute[];
  /**
   * What the configuration says of the resources and steps.
   * @default - unknown; then only values are compared, and what one environment alone knows before its apply differs
   */
  readonly configured?: ConfiguredExpressions | undefined;
}

/** What an environment applied itself, seen from the older release that it goes back to. */
export interface WayBack {
  /** Name of the environment. */
  readonly environment: string;
  /** Its applies of the older release and those before it. */
  readonly older: ProvingHistory;
  /** All its applies. */
  readonly all: ProvingHistory;
}

/** What the environment before says about every change of a plan. */
export interface ProofVerdicts {
  /** By the name of the resource in the report. Data sources that the plan reads already are judged by what uses them. */
  readonly resources: ReadonlyMap<string, ReportedProof>;
  /** By the id of the step. */
  readonly steps: ReadonlyMap<string, ReportedProof>;
  /** Steps that leave, by the id. */
  readonly rollbacks: ReadonlyMap<string, ReportedProof>;
  readonly missing: readonly MissingChange[];
}

/** Calls every change of a plan PROVEN, DIFFERS or ONLY-HERE, and finds what is MISSING. */
export function compareChanges(comparison: ProofComparison): ProofVerdicts {
  const { plan, steps, back } = comparison;
  const changes = plan.resources.filter(({ action }) => action !== READ);
  const reads = plan.resources.filter(({ action }) => action === READ);
  const running = new Set(steps.filter(({ action }) => STEP_RUNS.includes(action)).map(({ id }) => id));
  const judged = (wanted: readonly string[], judge: (step: StepChange) => ReportedProof) =>
    new Map(steps.filter(({ action }) => wanted.includes(action)).map((step) => [step.id, judge(step)]));
  return {
    resources: new Map([
      ...changes.map((change) => [reportedName(change), judgeResource(change, comparison)] as const),
      ...reads.flatMap((change) => {
        const judged = judgeRead(change, comparison);
        return judged === undefined ? [] : [[reportedName(change), judged] as const];
      }),
    ]),
    steps: judged([...STEP_RUNS, "describe"], (step) => judgeStep(step, comparison)),
    rollbacks: judged(STEP_LEAVES, (step) => judgeRemoval(step, running, comparison)),
    // A rollback leaves out what the newer release brought.
    missing: back === undefined ? [...missingResources(comparison), ...missingSteps(comparison)] : [],
  };
}

/**
 * A data source that the apply reads is proven when the environment before reads it by the same configuration: what it
 * will find, nobody knows before.
 *
 * @returns nothing where the configuration is not known
 */
function judgeRead({ address, type }: ReportedResource, comparison: ProofComparison): ReportedProof | undefined {
  const { from, history, back, free, configured } = comparison;
  const here = configured?.ofData(address);
  if (here === undefined) return undefined;
  const isFree = isFreeIn(free, address, type);
  const name = address.replace(/\[.*$/s, "");
  const sides = [history, back?.older].map((side) => side?.data.get(name)).filter((said) => said !== undefined);
  if (sides.length === 0) return proof("ONLY-HERE", `${from} never read it`);
  const differing = sides.map((there) => differingMeta(here, there, () => true).filter((key) => !isFree(key)));
  const [least] = differing.sort((one, other) => one.length - other.length);
  return least!.length === 0
    ? proof("PROVEN", `${from} reads it by the same configuration`)
    : proof("DIFFERS", `${from} reads it by another configuration`, least);
}

/** In a rollback a change may also restore what was here, or remove what the newer release brought. */
function judgeResource(change: ReportedResource, comparison: ProofComparison): ReportedProof {
  const { back } = comparison;
  if (back === undefined) return judgeByHistory(change, comparison);
  const { environment, older, all } = back;
  const name = reportedName(change);
  const brought = all.resources.get(name);
  const wasThere = older.resources.get(name);
  const isNewer = brought !== undefined && (wasThere === undefined || GONE.includes(wasThere.action));
  if (GONE.includes(change.action) && isNewer && differingPrograms(change, brought, comparison).length === 0) {
    return proof("PROVEN", `a newer release brought it to ${environment}`);
  }
  const restored = judgeByHistory(change, { ...comparison, from: environment, history: older });
  if (restored.class !== "PROVEN") return judgeByHistory(change, comparison);
  return { ...restored, reason: `${environment} had it so at the older release` };
}

function judgeByHistory(change: ReportedResource, comparison: ProofComparison): ReportedProof {
  const { from, history, plan, back } = comparison;
  const name = reportedName(change);
  const { action } = change;
  const there = history.resources.get(name);
  if (there === undefined) return proof("ONLY-HERE", `${from} never applied it`);
  if (GONE.includes(action) || GONE.includes(there.action)) {
    if (action === there.action) {
      const programs = differingPrograms(change, there, comparison);
      return programs.length === 0
        ? proof("PROVEN", `${from} did the same`)
        : proof("DIFFERS", `${from} destroyed it with other provisioners`, programs);
    }
    return GONE.includes(action)
      ? proof("DIFFERS", `${from} keeps it`)
      : proof("DIFFERS", `${from} ended with "${there.action}"`);
  }
  const isReplaced = action === "replace" || action === REPLACE_AND_FORGET;
  if (isReplaced && history !== back?.older && !there.promotedActions().includes(action)) {
    return proof("DIFFERS", `it is replaced here; ${from} did not replace it at this release`);
  }
  const here = plan.planned.get(name)?.fingerprint() ?? {};
  const { address } = change;
  const expressions = comparison.configured?.of(address, here);
  const blocks = differingBlocks(change, expressions, there, comparison);
  const { differing: different, notCompared } = comparePaths(change, here, expressions, there, comparison);
  // An update is judged by what it changes. To find that out takes longer than all the rest, so it comes last.
  const isPartial = action === "update" && (different.length > 0 || notCompared.length > 0);
  const differing = isPartial ? changedHere(different, change) : different;
  if (differing.length + blocks.length === 0) {
    const unseen = isPartial ? changedHere(notCompared, change) : notCompared;
    return {
      ...proof("PROVEN", `${from} applied it with the same result`),
      ...(unseen.length === 0 ? {} : { notCompared: [...unseen] }),
    };
  }
  const reason = differenceReason({ address, from, here, there: there.fingerprint, paths: differing, blocks });
  return proof("DIFFERS", reason, [...differing, ...blocks]);
}

/** Parts of the configuration beside the values: provisioners, provider, lifecycle, files. */
function differingBlocks(
  { address, type }: Pick<ReportedResource, "address" | "type">,
  here: Expressions | undefined,
  there: ProvedResource,
  { free, configured }: ProofComparison,
): string[] {
  if (configured === undefined) return [];
  if (there.expressions === undefined) return here === undefined ? [] : ["configuration"];
  const isFree = isFreeIn(free, address, type);
  return differingMeta(here ?? {}, there.expressions).filter((key) => !isFree(key));
}

/** A destruction runs the provisioners that are for it; nothing else of the configuration takes part. */
function differingPrograms(
  { address, type }: Pick<ReportedResource, "address" | "type">,
  there: ProvedResource,
  { free, configured }: ProofComparison,
): string[] {
  const here = configured?.of(address);
  if (here === undefined) return [];
  const isFree = isFreeIn(free, address, type);
  const isRun = (key: string) =>
    isProgram(key) && (here["provisioner"] ?? there.expressions?.["provisioner"]) !== undefined;
  return differingMeta(here, there.expressions ?? {}, isRun).filter((key) => !isFree(key));
}

function changedHere(paths: readonly string[], { attributes }: ReportedResource): string[] {
  return paths.filter((path) => attributes.some((changed) => areRelated(changed.path, path)));
}

interface ComparedPaths {
  readonly differing: readonly string[];
  /** Sensitive values, which have no digest. */
  readonly notCompared: readonly string[];
}

function comparePaths(
  { address, type }: Pick<ReportedResource, "address" | "type">,
  here: Fingerprint,
  expressions: Expressions | undefined,
  there: ProvedResource,
  { free }: ProofComparison,
): ComparedPaths {
  const isFree = isFreeIn(free, address, type);
  const notCompared: string[] = [];
  const isSame = (path: string): boolean => {
    const [one, other] = [here[path], there.fingerprint[path]];
    const match = () => compareExpressions(path, expressions, there.expressions);
    if (one !== undefined && other !== undefined && isSensitive(one) && isSensitive(other)) {
      notCompared.push(path);
      return match() !== "different";
    }
    const isKnown = one !== undefined && other !== undefined && !isUnknown(one) && !isUnknown(other);
    if (isKnown) return areEqual(one, other);
    if (one !== undefined && other !== undefined && haveSameValue(one, other)) return true;
    // Both environments learn it from their apply: the same, if the provider computes it or both configure it alike.
    if (isUnknown(one ?? other ?? "") && there.isComputed(path)) return match() !== "different";
    // Only one of them knows it already. What comes of the same expression is the same all the same.
    return (
      match() === "same value" && (isLearned(path, here, there.fingerprint) || isLearned(path, there.fingerprint, here))
    );
  };
  const paths = [...new Set([...Object.keys(here), ...Object.keys(there.fingerprint)])];
  const differing = paths.filter((path) => !isSame(path) && !isFree(path));
  for (const name of writeOnlyAttributes(expressions, there.expressions)) {
    if (compareExpressions(name, expressions, there.expressions) !== "different") notCompared.push(name);
    else if (!isFree(name)) differing.push(name);
  }
  return { differing, notCompared };
}

function isFreeIn(free: readonly FreeAttribute[], address: string, type: string): (path: string) => boolean {
  const here = free.filter(({ resource }) => resource === address || resource === type);
  return (path) => here.some(({ attribute }) => isInside(path, attribute));
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
        : differingNow({ address, type }, here.fingerprint(), there, comparison).filter((path) =>
            changed.includes(path),
          );
    return differing.length === 0
      ? []
      : [missing("resource", name, `${from} changed it at this release, and it stays as it is here`, differing)];
  });
}

function differingNow(
  resource: Pick<ReportedResource, "address" | "type">,
  here: Fingerprint,
  there: ProvedResource,
  comparison: ProofComparison,
): readonly string[] {
  const expressions = comparison.configured?.of(resource.address, here);
  return comparePaths(resource, here, expressions, there, comparison).differing;
}

/** `module.a["x"].aws_s3_bucket.logs[0]` is an `aws_s3_bucket`. */
function typeOf(address: string): string {
  return /(?:^|\.)([a-z][\w-]*)\.[\w-]+(?:\[[^\]]*\])?$/.exec(address)?.[1] ?? address;
}

function isInside(path: string, attribute: string): boolean {
  return path.length >= attribute.length && areRelated(path, attribute);
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
  /** Parts of the configuration beside the values that differ: provisioners, provider, lifecycle, files. */
  readonly blocks: readonly string[];
}

const LISTED = 3;

/**
 * Why a change DIFFERS. A value that one environment knows and the other one learns only from its apply may well come
 * out the same, and nobody can know that before: so it is named separately, with what to write.
 */
function differenceReason({ address, from, here, there, paths, blocks }: DifferingResource): string {
  const learnedHere = paths.filter((path) => isLearned(path, here, there));
  const learnedThere = paths.filter((path) => isLearned(path, there, here));
  const learned = [...learnedHere, ...learnedThere];
  const unknown = paths.filter((path) => isUnknown(here[path] ?? "") && !learned.includes(path));
  const known = paths.filter((path) => !learned.includes(path) && !unknown.includes(path));
  if (learned.length + unknown.length + blocks.length === 0) return `${from} applied it with another result`;
  const first = [...learned, ...unknown, ...blocks][0];
  const difference = `{ "resource": ${JSON.stringify(address)}, "attribute": ${JSON.stringify(first)}, "reason": "…" }`;
  return [
    ...(blocks.length === 0 ? [] : [`configured otherwise than in ${from}: ${someOf(blocks, LISTED)}`]),
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
