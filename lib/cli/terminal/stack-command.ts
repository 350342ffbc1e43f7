import type { Command } from "commander";
import { openToolkit, type StackOptions, type Toolkit } from "../../toolkit/toolkit";
import { newCommand, type CommandContext, type CommandRunner, type ExitStatus } from "./command";
import { type LockOptions, waitForLock } from "./lock-timeout";
import type { CommonOptions } from "./terminal";

/** What a command that works on a project receives. */
export interface ProjectContext extends CommandContext {
  readonly toolkit: Toolkit;
}

/**
 * Opens the project of a command.
 *
 * @param options of the command: how long Terraform waits for a lock
 * @throws SternaError `ProjectMissing`, `InvalidProject`, `FileNotJson`
 */
export function inProject(given: CommandContext, options: LockOptions = {}): ProjectContext {
  const context = waitForLock(given, options);
  const { directory, environment: variables } = context.surroundings;
  return { ...context, toolkit: openToolkit({ directory, variables, reporter: context.terminal }) };
}

/** The work of a command: receives the stack, its options, and the arguments after system and environment. */
type StackWork<Options> = (
  stack: StackOptions,
  options: Options,
  context: ProjectContext,
  ...more: string[]
) => Promise<ExitStatus>;

/** A command for one system in one environment. */
export function stackCommand<Options extends CommonOptions & LockOptions>(
  run: CommandRunner,
  [name, description, examples]: Parameters<typeof newCommand>,
  work: StackWork<Options>,
): Command {
  return withStackArguments(newCommand(name, description, examples)).action(
    (system: string, environment: string, ...rest: unknown[]) => {
      // Commander appends the options and the command.
      const more = rest.slice(0, -2) as string[];
      const options = rest.at(-2) as Options;
      return run(options, (context) => work({ system, environment }, options, inProject(context, options), ...more));
    },
  );
}

/** Adds the arguments for a system and an environment to a command. */
export function withStackArguments(command: Command): Command {
  return command
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as staging");
}
