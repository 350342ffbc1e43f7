import { EngineError } from "../engine-error";
import { kindOf } from "../kinds";
import type { StepDefinition, StepRecord } from "../step-record";

/** Whether a step that the ledger holds may have changed something. */
export function mayHaveEffect(record: Pick<StepRecord, "status" | "partial">): boolean {
  return record.status === "applied" || record.status === "undoing" || record.partial;
}

/**
 * What the removal of a step with an effect does: undo it, or only forget it.
 *
 * @throws EngineError `StepIrreversible`, `StepRemovalRefused`
 */
export function removalOf(
  step: Pick<StepDefinition, "id" | "release" | "program" | "irreversible" | "onDestroy">,
): "rollback" | "forget" {
  if (step.onDestroy === "keep" || kindOf(step.program).effectless) return "forget";
  if (step.irreversible !== undefined) {
    throw new EngineError(
      "StepIrreversible",
      `step "${step.id}" of release ${step.release} cannot be undone: ${step.irreversible}. Keep it in the configuration (pin ${step.release} or newer), or restore the backup that was taken before it.`,
    );
  }
  if (step.onDestroy === "refuse") {
    throw new EngineError(
      "StepRemovalRefused",
      `step "${step.id}" of release ${step.release} must not be removed (on_destroy = "refuse"). Keep it in the configuration, or apply on_destroy = "rollback" or "keep" first.`,
    );
  }
  return "rollback";
}
