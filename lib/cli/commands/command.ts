import { Command } from "commander";
import { reportError } from "../report-error";
import type { Surroundings } from "../surroundings";
import { Terminal, type CommonOptions } from "../terminal";

/** What every command gets. */
export interface CommandContext {
  readonly surroundings: Surroundings;
  readonly terminal: Terminal;
}

/** Runs the work of a command. */
export type CommandRunner = (
  options: CommonOptions,
  work: (context: CommandContext) => Promise<number>,
) => Promise<void>;

/**
 * Makes the runner of one invocation.
 *
 * @param onEnd gets the exit status
 */
export function commandRunner(surroundings: Surroundings, onEnd: (status: number) => void): CommandRunner {
  return async (options, work) => {
    const terminal = new Terminal(surroundings, options);
    try {
      onEnd(await work({ surroundings, terminal }));
    } catch (error) {
      onEnd(reportError(error, terminal));
    } finally {
      terminal.showLive(undefined);
    }
  };
}

/** A command with the options that all commands share, and examples in its help. */
export function newCommand(name: string, description: string, examples: Readonly<Record<string, string>>): Command {
  const width = Math.max(...Object.keys(examples).map((example) => example.length));
  const lines = Object.entries(examples).map(([example, meaning]) => `  $ ${example.padEnd(width)}  ${meaning}`);
  return new Command(name)
    .description(description)
    .option("--json", "print the result as one JSON document")
    .option("--no-color", "print without colours; NO_COLOR does the same")
    .option("--verbose", "print everything that the app and Terraform say")
    .addHelpText("after", `\nExamples:\n${lines.join("\n")}`)
    .showHelpAfterError("(add --help for the command's options)");
}
