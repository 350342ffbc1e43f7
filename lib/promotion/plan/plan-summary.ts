import { canonicalJson, sha256 } from "../../manifest/checksum";
import type { PlanReading } from "./plan-builder";
import { countChanges, isEffective, toResourceChange, type ChangeCounts, type ResourceChange } from "./resource-change";
import { toStepChange, type StepChange, type StepKnowledge, inOrder } from "./step-change";

/** What a plan will do, for people and pipelines. */
export interface PlanSummary {
  /** Whether an apply would do anything. */
  readonly changes: boolean;
  /** Resources other than steps. */
  readonly counts: ChangeCounts;
  readonly resources: readonly ResourceChange[];
  /** Steps to run, retry, adopt or describe, in the order in which they will run. */
  readonly steps: readonly StepChange[];
  /** Steps that leave the configuration, in the order in which they will be undone. */
  readonly rollbacks: readonly StepChange[];
  /** What changed outside of Terraform since the last apply. */
  readonly drift: readonly ResourceChange[];
  /** Names of the outputs that change. */
  readonly outputs: readonly string[];
}

/** Says in short what a plan does, and puts its steps in order. */
export function summarizePlan(plan: PlanReading, knowledge: StepKnowledge): PlanSummary {
  const resources = plan.resources.map(toResourceChange).filter(isEffective);
  const changed = plan.steps.map((resource) => toStepChange(resource, knowledge)).filter((step) => step !== undefined);
  const ordered = inOrder(withDependencies(changed, plan));
  const leaves = ({ action }: StepChange) => action === "roll-back" || action === "forget";
  const outputs = plan.outputs.map(({ name }) => name);
  return {
    changes: plan.applyable ?? (resources.length > 0 || changed.length > 0 || outputs.length > 0),
    counts: countChanges(resources),
    resources,
    steps: ordered.filter((step) => !leaves(step)),
    rollbacks: ordered.filter(leaves).reverse(),
    drift: plan.drift.map(toResourceChange).filter(isEffective),
    outputs,
  };
}

/** Steps also wait for those that Terraform's own `depends_on` names, in the configuration and, when they leave it, in the state. */
function withDependencies(steps: readonly StepChange[], { dependencies }: PlanReading): StepChange[] {
  const ids = new Map(steps.map(({ address, id }) => [address, id]));
  return steps.map((step) => {
    const named = (dependencies.get(step.address) ?? []).map((address) => ids.get(address));
    return { ...step, after: [...new Set([...step.after, ...named.filter((id) => id !== undefined)])] };
  });
}

/** What a saved plan stands on: the name of each part, and the SHA-256 (or the version) that it had. */
export type PlanParts = Readonly<Record<string, string>>;

/** One text for all parts: equal digests mean that the same plan would do the same with the same program. */
export function planDigest(parts: PlanParts): string {
  return sha256(canonicalJson(parts));
}

/** Names of the parts that are not as they were, in alphabetical order; also those that came or went. */
export function changedParts(then: PlanParts, now: PlanParts): string[] {
  return [...new Set([...Object.keys(then), ...Object.keys(now)])].filter((name) => then[name] !== now[name]).sort();
}
