import { SternaError } from "../core/errors";
import { variablesOf } from "./project/project";
import { lastLines } from "./terraform/diagnostics";
import { initialize } from "./terraform/init";
import { Terraform } from "./terraform/terraform";
import { openStack, type StackOptions, type Toolkit } from "./toolkit";

/** Options of `unlock`. */
export interface UnlockOptions extends StackOptions {
  /** Id of the lock, as the error `StateLocked` names it: no later lock is taken away. */
  readonly id: string;
}

/**
 * Takes away the lock of a state whose holder is gone for good. A run that still works would write the state at the same
 * time.
 *
 * @throws SternaError what `plan` throws; `TerraformFailed` when the lock is another one, or none
 */
export async function unlock(toolkit: Toolkit, options: UnlockOptions): Promise<void> {
  const { project, surroundings, terminal } = toolkit;
  const stack = await openStack(toolkit, options);
  const variables = variablesOf(project, stack.environment, surroundings.environment);
  const terraform = new Terraform(stack.directory, variables, terminal, stack);
  await initialize(terraform, stack.directory, variables, terminal);
  const { succeeded, output } = await terraform.runText(["force-unlock", "-force", "-no-color", options.id]);
  if (succeeded) return;
  throw new SternaError("TerraformFailed", `terraform force-unlock failed:\n${lastLines(output)}`);
}
