import { visibleLines } from "../core/visible";
import { Command, CommanderError } from "commander";
import { sternaPackage } from "../core/sterna-package";
import type { CommandRunner } from "./terminal/command";
import { processSurroundings, type Surroundings } from "./terminal/surroundings";

/** A command as the list of commands shows it. Its own file is loaded when it is called. */
interface ListedCommand {
  /** Name and arguments, as the file of the command declares them. */
  readonly usage: string;
  readonly description: string;
  load(): Promise<(run: CommandRunner) => Command>;
}

/** All commands, in the order of the list. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    usage: "init [options] [template]",
    description: "write a new project into this folder, ready to plan, apply, promote and roll back",
    load: async () => (await import("./commands/init.js")).initCommand,
  },
  {
    usage: "status [options] [system]",
    description: "show which release runs where, and which steps are applied",
    load: async () => (await import("./commands/status.js")).statusCommand,
  },
  {
    usage: "report [options] [system]",
    description: "write what runs where as a page: releases, steps, colors, applies, next backups",
    load: async () => (await import("./commands/report.js")).reportCommand,
  },
  {
    usage: "plan [options] <system> <environment>",
    description: "show what an apply would do, and save the plan for it",
    load: async () => (await import("./commands/plan.js")).planCommand,
  },
  {
    usage: "apply [options] <system> <environment>",
    description: "apply the saved plan, exactly as it was reviewed",
    load: async () => (await import("./commands/apply.js")).applyCommand,
  },
  {
    usage: "resume [options] <system> <environment>",
    description: "say what is half-applied and why, and apply again",
    load: async () => (await import("./commands/resume.js")).resumeCommand,
  },
  {
    usage: "record [options] <system> <environment>",
    description: "write down what a stack holds that no record tells of, so that it proves it",
    load: async () => (await import("./commands/record.js")).recordCommand,
  },
  {
    usage: "unlock [options] <system> <environment>",
    description: "take away the lock of a state whose holder is gone for good",
    load: async () => (await import("./commands/unlock.js")).unlockCommand,
  },
  {
    usage: "promote [options] <system> <from> <to>",
    description: "give the next environment the release that this one proved",
    load: async () => (await import("./commands/promote.js")).promoteCommand,
  },
  {
    usage: "rollback [options] <system> <environment>",
    description: "go back to an older release: show what is undone, lower the pin, plan",
    load: async () => (await import("./commands/rollback.js")).rollbackCommand,
  },
  {
    usage: "rollout [options] <system> <environment>",
    description: "show how far a rollout is, or take it to its next phase and plan",
    load: async () => (await import("./commands/rollout.js")).rolloutCommand,
  },
  {
    usage: "gates [options] <system> <environment>",
    description: "list the gates of an environment, and which are open",
    load: async () => (await import("./commands/gates.js")).gatesCommand,
  },
  {
    usage: "attest [options] <system> <environment> <gate>",
    description: "write down that a gate may be passed, as a file for a commit",
    load: async () => (await import("./commands/attest.js")).attestCommand,
  },
  {
    usage: "verify [options] <system> <environment>",
    description: "ask the verify queries of all applied steps again; changes nothing",
    load: async () => (await import("./commands/verify.js")).verifyCommand,
  },
  {
    usage: "adopt [options] <system> <environment>",
    description: "find out which steps of a system that was migrated by hand are there already",
    load: async () => (await import("./commands/adopt.js")).adoptCommand,
  },
  {
    usage: "ledger",
    description: "look into the record of applied steps, mend it, or move it to another place",
    load: async () => (await import("./commands/ledger.js")).ledgerCommand,
  },
  {
    usage: "schedule [options] <expression>",
    description: "show what a schedule means, when it comes, and how every scheduler writes it",
    load: async () => (await import("./commands/schedule.js")).scheduleCommand,
  },
  {
    usage: "secrets",
    description: "rotate secrets, import them from dotenv files, and run programs with them",
    load: async () => (await import("./commands/secrets.js")).secretsCommand,
  },
  {
    usage: "env",
    description: "move variables from one dotenv file to another",
    load: async () => (await import("./commands/env.js")).envCommand,
  },
  {
    usage: "backup",
    description: "take backups, prove that they can be restored, restore them, and delete old ones",
    load: async () => (await import("./commands/backup.js")).backupCommand,
  },
  {
    usage: "ci",
    description: "write pipelines for GitHub, GitLab and Atlantis, and do the work of their jobs",
    load: async () => (await import("./commands/ci.js")).ciCommand,
  },
  {
    usage: "doctor [options]",
    description: "find out why something does not work, and what to do about it",
    load: async () => (await import("./commands/doctor.js")).doctorCommand,
  },
];

const DONE = 0;
const ERROR = 1;

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
  let status: number = DONE;
  const called = calledCommand(args);
  const program = new Command("sterna")
    .description("Moves systems from release to release and from environment to environment, with Terraform.")
    .version(sternaPackage().version)
    .configureHelp({ subcommandTerm: (command) => USAGES.get(command.name()) ?? command.name() })
    .addHelpText(
      "after",
      "\nExit status: 0 nothing to do or done, 1 error, 2 there are changes to apply, 3 refused by a gate.\n" +
        "Run it in the project's folder, which holds cdktf.json and releases.json.",
    );
  for (const listed of COMMANDS) {
    program.addCommand(
      listed === called
        ? await loadCommand(listed, surroundings, (ended) => (status = ended))
        : new Command(nameOf(listed)).description(listed.description),
    );
  }
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void surroundings.stdout.write(visibleLines(text)),
      writeErr: (text) => void surroundings.stderr.write(visibleLines(text)),
    });
  }
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? DONE : ERROR;
  }
  return status;
}

function nameOf({ usage }: ListedCommand): string {
  return usage.split(" ")[0]!;
}

const USAGES = new Map(COMMANDS.map((listed) => [nameOf(listed), listed.usage]));

/** The command that is called, or whose help is asked for: `sterna plan --help`, `sterna help plan`. */
function calledCommand(args: readonly string[]): ListedCommand | undefined {
  const [first, second] = args.filter((arg) => !arg.startsWith("-"));
  const name = first === "help" ? second : first;
  return COMMANDS.find((listed) => nameOf(listed) === name);
}

async function loadCommand(
  listed: ListedCommand,
  surroundings: Surroundings,
  onEnd: (status: number) => void,
): Promise<Command> {
  const [makeCommand, { commandRunner }] = await Promise.all([listed.load(), import("./terminal/command.js")]);
  return makeCommand(commandRunner(surroundings, onEnd));
}

/** A command with all below it. */
export function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
