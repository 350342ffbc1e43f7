import type { Command } from "commander";
import { RefusedError, SternaError } from "../../core/errors";
import { unlock } from "../../toolkit/unlock";
import { EXIT_STATUS, type CommandRunner } from "../terminal/command";
import { stackCommand } from "../terminal/stack-command";
import type { CommonOptions } from "../terminal/terminal";

interface UnlockCommandOptions extends CommonOptions {
  readonly id?: string;
  readonly autoApprove?: boolean;
}

export function unlockCommand(run: CommandRunner): Command {
  const examples = { "sterna unlock app-ef staging --id 5e0c8f0f-…": "the id is in the error StateLocked" };
  const head = ["unlock", "remove the lock of a state whose holder is gone", examples] as const;
  return stackCommand<UnlockCommandOptions>(run, [...head], async (stack, { id, autoApprove }, context) => {
    const { terminal, toolkit } = context;
    const { system, environment } = stack;
    if (id === undefined) {
      throw new SternaError(
        "LockIdMissing",
        `say which lock is meant, so that no later one is taken away: run \`sterna plan ${system} ${environment}\`, and give the id that its error StateLocked names as --id`,
      );
    }
    const question = `Take the lock ${id} from ${system} in ${environment}? A run that still works would write the state at the same time.`;
    if (autoApprove !== true && !(terminal.interactive && (await terminal.confirm(question)))) {
      throw new RefusedError(
        "ApprovalMissing",
        `the lock of ${system} in ${environment} stays: add --auto-approve once you know that its holder is gone`,
      );
    }
    await unlock(toolkit, { ...stack, id });
    terminal.printJson({ system, environment, lock: id, unlocked: true });
    terminal.print(`The state of ${system} in ${environment} is unlocked.`);
    return EXIT_STATUS.done;
  })
    .option("--id <lock>", "id of the lock")
    .option("--auto-approve", "do not ask");
}
