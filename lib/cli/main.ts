import { visibleLines } from "../core/visible";
import { Command, CommanderError } from "commander";
import type { ErrorCode } from "../core/error-codes";
import { sternaPackage } from "../core/sterna-package";
import type { CommandRunner } from "./terminal/command";
import { processSurroundings, type Surroundings } from "./terminal/surroundings";

/** A command in the list of commands. Its own file is loaded when it is called. */
interface ListedCommand {
  /** Name and arguments, as declared in the command's file. */
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
    description: "write a page about what runs where: releases, steps, colors, applies, next backups",
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
    description: "show what is half-applied and why, and apply again",
    load: async () => (await import("./commands/resume.js")).resumeCommand,
  },
  {
    usage: "record [options] <system> <environment>",
    description: "record what a stack holds after another tool applied it",
    load: async () => (await import("./commands/record.js")).recordCommand,
  },
  {
    usage: "unlock [options] <system> <environment>",
    description: "remove the lock of a state whose holder is gone",
    load: async () => (await import("./commands/unlock.js")).unlockCommand,
  },
  {
    usage: "promote [options] <system> <from> <to>",
    description: "move the release that one environment proved to the next",
    load: async () => (await import("./commands/promote.js")).promoteCommand,
  },
  {
    usage: "rollback [options] <system> <environment>",
    description: "go back to an older release: show what is undone, lower the pin, plan",
    load: async () => (await import("./commands/rollback.js")).rollbackCommand,
  },
  {
    usage: "rollout [options] <system> <environment>",
    description: "show a rollout, or move it to its next phase and plan",
    load: async () => (await import("./commands/rollout.js")).rolloutCommand,
  },
  {
    usage: "gates [options] <system> <environment>",
    description: "list the gates of an environment, and which are open",
    load: async () => (await import("./commands/gates.js")).gatesCommand,
  },
  {
    usage: "attest [options] <system> <environment> <gate>",
    description: "attest that a gate may be passed, in a file to commit",
    load: async () => (await import("./commands/attest.js")).attestCommand,
  },
  {
    usage: "history [options] [system] [environment]",
    description: "list past applies: who applied which release, when, with which result",
    load: async () => (await import("./commands/history.js")).historyCommand,
  },
  {
    usage: "validate [options]",
    description: "check the app, environments.json and releases.json; needs no Terraform and no database",
    load: async () => (await import("./commands/validate.js")).validateCommand,
  },
  {
    usage: "verify [options] <system> <environment>",
    description: "run the verify queries of all applied steps again; changes nothing",
    load: async () => (await import("./commands/verify.js")).verifyCommand,
  },
  {
    usage: "adopt [options] <system> <environment>",
    description: "find the steps that were already applied by hand",
    load: async () => (await import("./commands/adopt.js")).adoptCommand,
  },
  {
    usage: "ledger",
    description: "inspect, repair, or move the record of applied steps",
    load: async () => (await import("./commands/ledger.js")).ledgerCommand,
  },
  {
    usage: "schedule [options] <expression>",
    description: "explain a schedule: its next runs, and how each scheduler writes it",
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
    description: "write pipelines for GitHub, GitLab, and Atlantis, and run their jobs",
    load: async () => (await import("./commands/ci.js")).ciCommand,
  },
  {
    usage: "doctor [options]",
    description: "find problems on this machine and in this project, and how to fix them",
    load: async () => (await import("./commands/doctor.js")).doctorCommand,
  },
  {
    usage: "completion [options] <shell>",
    description: "print a script that completes commands, systems and environments in a shell",
    load: async () => (await import("./commands/completion.js")).completionCommand,
  },
  {
    usage: "version [options]",
    description: "print the versions of Sterna, Node.js, and Terraform",
    load: async () => (await import("./commands/version.js")).versionCommand,
  },
];

/** Commands of other tools that people type out of habit, with the equivalent here. */
export const HABITS: Readonly<Record<string, string>> = {
  baseline: "sterna adopt <system> <environment>",
  check: "sterna validate",
  create: "sterna init",
  deploy: "sterna plan <system> <environment>, then sterna apply",
  destroy:
    "sterna rollback <system> <environment> --to <release>; terraform destroy in cdktf.out/stacks/<stack> removes everything",
  diff: "sterna plan <system> <environment>",
  down: "sterna rollback <system> <environment> --to <release>",
  drift: "sterna verify <system> <environment>",
  import: "sterna adopt <system> <environment>",
  info: "sterna status",
  lint: "sterna validate",
  list: "sterna status",
  log: "sterna history",
  logs: "sterna status --follow; what each step said is in .sterna/logs",
  ls: "sterna status",
  migrate: "sterna plan <system> <environment>, then sterna apply",
  new: "sterna init",
  preview: "sterna plan <system> <environment>",
  redo: "sterna resume <system> <environment>",
  repair: "sterna ledger repair <system> <environment> <step>",
  retry: "sterna resume <system> <environment>",
  revert: "sterna rollback <system> <environment> --to <release>",
  show: "sterna status --steps",
  synth: "sterna validate",
  test: "npm test; the page docs/tasks/test-your-stacks.md shows how to test a migration",
  undo: "sterna rollback <system> <environment> --to <release>",
  up: "sterna plan <system> <environment>, then sterna apply",
};

const DONE = 0;
const ERROR = 1;

/**
 * Runs the command line.
 *
 * @param args arguments after `sterna`
 * @returns the exit status
 */
export async function main(
  args: readonly string[],
  surroundings: Surroundings = processSurroundings(),
): Promise<number> {
  let status: number = DONE;
  const isCompletion = args[0] === COMPLETE;
  const called = calledCommand(isCompletion ? args.slice(1) : args);
  const program = new Command("sterna")
    .description("Moves systems from release to release and from environment to environment, with Terraform.")
    .version(sternaPackage().version)
    .configureHelp({ subcommandTerm: (command) => USAGES.get(command.name()) ?? command.name() })
    .addHelpText(
      "after",
      "\nExit status: 0 done or nothing to do, 1 error, 2 changes to apply, 3 refused by a gate.\n" +
        "Run it in the folder of the project, which holds cdktf.json and releases.json. Start one with `sterna init`.",
    );
  for (const listed of COMMANDS) {
    program.addCommand(
      listed === called
        ? await loadCommand(listed, surroundings, (ended) => (status = ended))
        : new Command(nameOf(listed)).description(listed.description),
    );
  }
  if (isCompletion) {
    const { candidates } = await import("./terminal/complete.js");
    const found = candidates(program, args.slice(1), surroundings.directory);
    surroundings.stdout.write(found.map((each) => `${each}\n`).join(""));
    return DONE;
  }
  const habit = called === undefined ? HABITS[args[0] ?? ""] : undefined;
  if (habit !== undefined) return reportUsage(`there is no command "${args[0]}"; use ${habit}`, args, surroundings);
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
    if (error.exitCode === 0) return DONE;
    // Commander printed it for people.
    if (isJson(args)) printUsage(error.message.replace(/^error: /, ""), surroundings);
    return ERROR;
  }
  return status;
}

/** Prints completion candidates. Only the scripts of `sterna completion` call it. */
const COMPLETE = "__complete";

/** Whether the result is JSON. Arguments after `--` are for another program. */
function isJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).includes("--json");
}

function reportUsage(message: string, args: readonly string[], surroundings: Surroundings): number {
  if (isJson(args)) printUsage(message, surroundings);
  surroundings.stderr.write(visibleLines(`error: ${message}\n`));
  return ERROR;
}

/** Prints a usage error in the same JSON form as every other error. */
function printUsage(message: string, { stdout }: Surroundings): void {
  const code: ErrorCode = "InvalidUsage";
  stdout.write(visibleLines(`${JSON.stringify({ error: { code, message } }, undefined, 2)}\n`));
}

function nameOf({ usage }: ListedCommand): string {
  return usage.split(" ")[0]!;
}

const USAGES = new Map(COMMANDS.map((listed) => [nameOf(listed), listed.usage]));

/** The command that is called, or whose help is requested: `sterna plan --help`, `sterna help plan`. */
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

/** A command with all of its subcommands. */
export function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
