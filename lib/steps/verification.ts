import type { IConstruct } from "constructs";
import { report } from "../core/errors";
import type { Check } from "../manifest/program";
import type { Step } from "../migrations/migration";

/** A query with the answer that proves success. */
export interface Verification {
  /** SQL, a script, or a JSON pointer, depending on the kind of the step. */
  readonly query: string;

  /** The expected answer. */
  readonly expected: string | number | boolean;
}

/** Formats a value as the queried program does. */
export type AnswerFormat = (value: string | number | boolean) => string;

/**
 * The verifications in the form that the engine expects.
 *
 * @param format how true and false are written
 * @throws ValidationError `StepNotVerified` when there is none, or one without an expected answer
 */
export function toChecks(step: IConstruct, verify: readonly Verification[], format: AnswerFormat = String): Check[] {
  if (verify.length === 0) {
    report(
      step,
      "StepNotVerified",
      "`verify` is empty; many commands exit 0 after they failed, so write at least one { query, expected }",
    );
  }
  return verify.map((verification) => toCheck(step, verification, format));
}

/**
 * One verification in the form that the engine expects.
 *
 * @throws ValidationError `StepNotVerified`
 */
export function toCheck(step: IConstruct, { query, expected }: Verification, format: AnswerFormat = String): Check {
  // Despite the types, it can be missing if the caller is JavaScript or JSON.
  if (query?.trim() && expected !== undefined && expected !== null) return { query, expected: format(expected) };
  report(
    step,
    "StepNotVerified",
    `a verification needs a query and the expected answer, got ${JSON.stringify({ query, expected })}`,
  );
  return { query: String(query), expected: String(expected) };
}

/**
 * Requires a decision on how a step is undone.
 *
 * @param down what undoes the step
 * @throws ValidationError `StepNotReversible`, `StepReversibleAndIrreversible`
 */
export function requireWayBack(step: Step, down: string | undefined): void {
  if (down !== undefined && step.irreversible !== undefined) {
    report(
      step,
      "StepReversibleAndIrreversible",
      `it has \`down\`, and \`irreversible\` says "${step.irreversible}"; keep one of them`,
    );
  }
  if (down === undefined && step.irreversible === undefined) {
    report(
      step,
      "StepNotReversible",
      'it has no way back; write `down`, or `irreversible: "<why it cannot be undone>"`',
    );
  }
}
