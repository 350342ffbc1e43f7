import { kindOf } from "../../engine/step-kind";
import type { Program } from "../../manifest/program";
import type { Artifact } from "../../manifest/step-record";

/** What is known about a step that is to be undone. */
interface UndoneStep {
  readonly program: Program;

  /** Since when there can be data that its undoing loses, UTC; absent for a step that was never applied to its end. */
  readonly appliedAt?: string | undefined;
}

/** What undoing a step does, and what that loses, in lines for people. */
export function describeUndo(step: UndoneStep & { readonly artifact?: Artifact | undefined }): string[] {
  const loss = undoLoss(step);
  return [...kindOf(step.program).undo(step.program, step.artifact), ...(loss === undefined ? [] : [loss])];
}

/**
 * What of the data that was written since a step was applied is lost when it is undone, in one sentence.
 *
 * @returns nothing for a step that changes nothing, so that undoing it loses nothing
 */
export function undoLoss({ program, appliedAt }: UndoneStep): string | undefined {
  return kindOf(program).loss(program, appliedAt === undefined ? "since it began" : `since ${appliedAt}`);
}
