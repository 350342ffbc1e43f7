import type { PlanJson, ResourceChangeJson } from "./plan-json";
import {
  actionOf,
  countChanges,
  isEffective,
  toResourceChange,
  type ChangeCounts,
  type ResourceChange,
} from "./resource-change";
import { STEP_TYPE, toStepChange, type StepChange, type StepKnowledge } from "./step-change";
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

/** Reads a plan. */
export function summarizePlan(plan: PlanJson, knowledge: StepKnowledge): PlanSummary {
  const isStep = ({ type }: { type: string }) => type === STEP_TYPE;
  const resources = plan.resource_changes
    .filter((resource) => !isStep(resource))
    .map(toResourceChange)
    .filter(isEffective);
  const changed = plan.resource_changes
    .filter(isStep)
    .map((resource) => toStepChange(resource, knowledge))
    .filter((step) => step !== undefined);
  const ordered = inOrder(withDependencies(changed, plan));
  const leaves = ({ action }: StepChange) => action === "roll-back" || action === "forget";
  const outputs = Object.keys(plan.output_changes).filter(
    (name) => plan.output_changes[name]!.actions.join() !== "no-op",
  );
  return {
    changes: plan.applyable ?? (resources.length > 0 || changed.length > 0 || outputs.length > 0),
    counts: countChanges(resources),
    resources,
    steps: ordered.filter((step) => !leaves(step)),
    rollbacks: ordered.filter(leaves).reverse(),
    drift: plan.resource_drift
      .filter((resource) => isRelevant(resource, plan))
      .map(toResourceChange)
      .filter(isEffective),
    outputs,
  };
}

/**
 * Whether a change outside of Terraform matters to this plan. Like Terraform itself, this passes over changes on which
 * nothing planned depends: each first plan after an apply finds computed attributes that settled meanwhile.
 */
function isRelevant({ address, change }: ResourceChangeJson, { relevant_attributes: relevant }: PlanJson): boolean {
  if (relevant === undefined || actionOf(change.actions) === "delete") return true;
  return relevant.some(({ resource, attribute }) => resource === address && differs(change, attribute[0]));
}

function differs({ before, after }: ResourceChangeJson["change"], attribute: unknown): boolean {
  if (typeof attribute !== "string") return true;
  const valueIn = (object: unknown) => JSON.stringify((object as Record<string, unknown> | null)?.[attribute]);
  return valueIn(before) !== valueIn(after);
}

/** Steps also wait for those that Terraform's own `depends_on` names, in the configuration and, when they leave it, in the state. */
function withDependencies(steps: readonly StepChange[], plan: PlanJson): StepChange[] {
  const ids = new Map(steps.map(({ address, id }) => [address, id]));
  const dependencies = new Map<string, string[]>();
  for (const resources of [
    plan.prior_state?.values?.root_module?.resources,
    plan.configuration?.root_module?.resources,
  ]) {
    for (const { address, depends_on } of resources ?? []) {
      dependencies.set(address, [...(dependencies.get(address) ?? []), ...depends_on]);
    }
  }
  return steps.map((step) => {
    const named = (dependencies.get(step.address) ?? []).map((address) => ids.get(address));
    return { ...step, after: [...new Set([...step.after, ...named.filter((id) => id !== undefined)])] };
  });
}
