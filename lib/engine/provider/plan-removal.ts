import { mayHaveEffect, removalOf } from "../executor/removal";
import type { TerraformObject } from "../protocol/dynamic-value";
import type { StepDefinition } from "../step-record";
import { warning } from "./diagnostics";
import type { PlanMemory } from "./plan-memory";
import { plannedStep, type PlanResult } from "./plan-step";
import type { ProviderSession } from "./session";
import { toDefinition } from "./step-state";

/** Summary of the warning. Terraform folds warnings with the same summary into one where the steps stand in the configuration. */
export const ROLLBACK = "Steps will be rolled back";

/**
 * Plans the removal of a step: a rollback, unless the step says otherwise.
 *
 * @throws EngineError `StepIrreversible`, `StepRemovalRefused`, `AppliedStepRenamed`, `DuplicateStep`
 */
export async function planRemoval(
  prior: TerraformObject,
  session: ProviderSession,
  memory: PlanMemory,
): Promise<PlanResult> {
  const planned = { state: null, private: { op: "destroy" } } as const;
  const step = plannedStep(prior);
  if (memory.isSuperseded(step)) return { ...planned, diagnostics: [] };
  memory.destroys(step);
  const definition = toDefinition(prior, session.unknown ? "(not known yet)" : session.environment);
  if (!step.applied && !(await mayHaveLeftSomething(definition, session))) return { ...planned, diagnostics: [] };
  if (removalOf(definition) === "forget" || !memory.announcesRollback()) return { ...planned, diagnostics: [] };
  return {
    ...planned,
    diagnostics: [warning(ROLLBACK, `${definition.id} (${definition.release}): ${definition.title}`)],
  };
}

/** What failed in a transaction left nothing, so that it can be removed even if it is irreversible. */
async function mayHaveLeftSomething(definition: StepDefinition, session: ProviderSession): Promise<boolean> {
  if (session.unknown) return true;
  const ledger = session.ledgers(definition.system).ofProgram(definition.program, definition.variables);
  const record = await ledger.get(definition.id);
  return record !== undefined && mayHaveEffect(record);
}
