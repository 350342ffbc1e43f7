import type { PlanReading } from "./plan/plan-builder";
import { countChanges, isEffective, toResourceChange, type ChangeCounts, type ResourceChange } from "./resource-change";
import { toStepChange, type StepChange, type StepKnowledge } from "./step-change";
import { inOrder } from "./step-order";

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
