import type { Command } from "commander";
import { record } from "../../toolkit/record";
import { EXIT_STATUS, type CommandRunner } from "../terminal/command";
import { addLockTimeout, type LockOptions } from "../terminal/lock-timeout";
import { stackCommand } from "../terminal/stack-command";
import type { CommonOptions } from "../terminal/terminal";

interface RecordOptions extends CommonOptions, LockOptions {}

export function recordCommand(run: CommandRunner): Command {
  const examples = {
    "sterna record app-ef staging": "after cdktf deploy, terraform apply, Atlantis, or an apply that was killed",
  };
  const head = ["record", "record what a stack holds after another tool applied it", examples] as const;
  const command = stackCommand<RecordOptions>(run, [...head], async (stack, _options, { terminal, toolkit }) => {
    const { system, environment, release, recordFile: file } = await record(toolkit, stack);
    terminal.printJson({ system, environment, release, record: file ?? null });
    terminal.print(
      file === undefined
        ? `Nothing to record: the records of ${system} in ${environment} tell of all that it holds.`
        : `${system} in ${environment} holds what release ${release} wants, and that is recorded.\nRecord: ${file}`,
    );
    return EXIT_STATUS.done;
  });
  return addLockTimeout(command);
}
