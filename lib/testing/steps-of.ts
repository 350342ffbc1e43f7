import type { TerraformStack } from "cdktf";
import { parseProgram } from "../engine/step-definition";
import { kindOf } from "../engine/step-kind";
import { type SynthesizedStep, synthesizeStack } from "./synthesize-stack";
import "../provider/kinds";

/** A step as the plan of an environment shows it in which nothing is applied yet. */
export interface PlannedStep {
  /** Construct id of the step. */
  readonly id: string;

  /** What the step does, in a few words. */
  readonly title: string;

  /** Release that the step belongs to. */
  readonly release: string;

  /** `expand`, `migrate` or `contract`. */
  readonly phase: string;

  /** What will run and what will be verified, one line each. */
  readonly preview: readonly string[];

  /** What a rollback does, one line each; the reason for a step that cannot be undone. */
  readonly undo: readonly string[];

  /** What is lost in a rollback of data that was written after the step; absent if nothing is. */
  readonly loss?: string;
}

/**
 * The steps of a stack in the order in which they run.
 *
 * @throws ValidationError or Error if the stack is not valid
 */
export function stepsOf(stack: TerraformStack): readonly SynthesizedStep[] {
  return inOrder(synthesizeStack(stack).steps);
}

/**
 * What the plan of a stack shows while none of its steps is applied, in the order in which the steps run. Needs neither
 * Terraform nor a database.
 *
 * @throws ValidationError or Error if the stack is not valid
 */
export function planOf(stack: TerraformStack): readonly PlannedStep[] {
  return stepsOf(stack).map(({ id, program: json, block }) => {
    const program = parseProgram(JSON.stringify(json));
    const kind = kindOf(program);
    const { irreversible } = block as { readonly irreversible?: string };
    const loss = kind.loss(program, "since the step was applied");
    return {
      id,
      title: String(block.title),
      release: String(block.release),
      phase: String(block.phase),
      preview: kind.preview(program),
      undo: irreversible === undefined ? kind.undo(program, undefined) : [`cannot be undone: ${irreversible}`],
      ...(loss !== undefined && { loss }),
    };
  });
}

/** Those first that no other step waits for; otherwise as declared. */
function inOrder(steps: readonly SynthesizedStep[]): SynthesizedStep[] {
  const done: SynthesizedStep[] = [];
  const left = [...steps];
  while (left.length > 0) {
    const waits = (step: SynthesizedStep) =>
      ((step.block.after ?? []) as string[]).some((id) => left.some((other) => other.id === id));
    const next = left.findIndex((step) => !waits(step));
    done.push(...left.splice(Math.max(next, 0), 1));
  }
  return done;
}
