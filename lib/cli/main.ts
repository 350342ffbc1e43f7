import { Command, CommanderError } from "commander";
import { sternaPackage } from "../core/sterna-package";
import { adoptCommand } from "./commands/adopt";
import { applyCommand } from "./commands/apply";
import { attestCommand } from "./commands/attest";
import { backupCommand } from "./commands/backup";
import { ciCommand } from "./commands/ci";
import { commandRunner, EXIT_STATUS } from "./terminal/command";
import { doctorCommand } from "./commands/doctor";
import { envCommand } from "./commands/env";
import { gatesCommand } from "./commands/gates";
import { ledgerCommand } from "./commands/ledger";
import { planCommand } from "./commands/plan";
import { promoteCommand } from "./commands/promote";
import { reportCommand } from "./commands/report";
import { resumeCommand } from "./commands/resume";
import { rollbackCommand } from "./commands/rollback";
import { rolloutCommand } from "./commands/rollout";
import { scheduleCommand } from "./commands/schedule";
import { secretsCommand } from "./commands/secrets";
import { statusCommand } from "./commands/status";
import { verifyCommand } from "./commands/verify";
import { processSurroundings, type Surroundings } from "./terminal/terminal";

const COMMANDS = [
  statusCommand,
  reportCommand,
  planCommand,
  applyCommand,
  resumeCommand,
  promoteCommand,
  rollbackCommand,
  rolloutCommand,
  gatesCommand,
  attestCommand,
  verifyCommand,
  adoptCommand,
  ledgerCommand,
  scheduleCommand,
  secretsCommand,
  envCommand,
  backupCommand,
  ciCommand,
  doctorCommand,
];

/**
 * The command line.
 *
 * @param args what follows `sterna`
 * @returns the exit status
 */
export async function main(
  args: readonly string[],
  surroundings: Surroundings = processSurroundings(),
): Promise<number> {
  let status: number = EXIT_STATUS.done;
  const run = commandRunner(surroundings, (ended) => (status = ended));
  const program = new Command("sterna")
    .description("Moves systems from release to release and from environment to environment, with Terraform.")
    .version(sternaPackage().version)
    .addHelpText(
      "after",
      "\nExit status: 0 nothing to do or done, 1 error, 2 there are changes to apply, 3 refused by a gate.\n" +
        "Run it in the project's folder, which holds cdktf.json and releases.json.",
    );
  for (const makeCommand of COMMANDS) program.addCommand(makeCommand(run));
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void surroundings.stdout.write(text),
      writeErr: (text) => void surroundings.stderr.write(text),
    });
  }
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT_STATUS.done : EXIT_STATUS.error;
  }
  return status;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
