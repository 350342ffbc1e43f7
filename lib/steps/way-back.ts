import { ValidationError } from "../core/validation-error";
import type { Step } from "../migrations/step";

/**
 * Makes people decide how a step is undone.
 *
 * @param down what undoes the step
 * @throws ValidationError `StepNotReversible`, `StepReversibleAndIrreversible`
 */
export function requireWayBack(step: Step, down: string | undefined): void {
  if (down !== undefined && step.irreversible !== undefined) {
    throw new ValidationError(
      "StepReversibleAndIrreversible",
      `it has \`down\`, and \`irreversible\` says "${step.irreversible}"; keep one of them`,
      step,
    );
  }
  if (down === undefined && step.irreversible === undefined) {
    throw new ValidationError(
      "StepNotReversible",
      'it has no way back; write `down`, or `irreversible: "<why it cannot be undone>"`',
      step,
    );
  }
}
