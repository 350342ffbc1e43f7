import { SternaError } from "../core/errors";
import { variablesOf } from "./project/project";
import { lastLines } from "./terraform/diagnostics";
import { initialize } from "./terraform/init";
import { Terraform } from "./terraform/terraform";
import { openStack, type StackOptions, type Toolkit } from "./toolkit";

/** Options of `unlock`. */
export interface UnlockOptions extends StackOptions {
  /** Id of the lock, as in the error `StateLocked`: no later lock is removed. */
  readonly id: string;
}

/**
 * Removes the lock of a state whose holder is permanently gone. A run that is still working would write the state at
 * the same time.
 *
 * @throws SternaError what `plan` throws; `TerraformFailed` when the lock is a different one, or there is none
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
