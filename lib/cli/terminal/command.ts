import { describeError } from "../../toolkit/describe-error";
import { Command } from "commander";

import { RefusedError } from "../../core/errors";
import { maskFetched } from "../../engine/secrets/redactor";
import type { Surroundings } from "./surroundings";
import { Terminal, type CommonOptions } from "./terminal";

/** What every command receives. */
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
 * Creates the runner of one invocation.
 *
 * @param onEnd receives the exit status
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
    .option("--no-color", "print without colors; NO_COLOR does the same")
    .option("--verbose", "print everything that the app and Terraform say")
    .addHelpText("after", `\nExamples:\n${lines.join("\n")}`)
    .showHelpAfterError("(add --help for the command's options)");
}

/** Exit statuses of every command. */
export const EXIT_STATUS = {
  /** Done, or nothing to do. */
  done: 0,
  /** Something is broken, or the request was wrong. */
  error: 1,
  /** There are changes to apply. */
  changes: 2,
  /** A gate refused; nothing was changed. */
  refused: 3,
} as const;
export type ExitStatus = (typeof EXIT_STATUS)[keyof typeof EXIT_STATUS];

/** Prints an error as text or JSON, and returns the exit status. */
export function reportError(error: unknown, terminal: Terminal): ExitStatus {
  terminal.showLive(undefined);
  const described = describeError(error);
  const { code, message } = described;
  terminal.printJson({ error: described });
  if (!terminal.json) {
    const { bold, red } = terminal.colors;
    terminal.report(`${bold(red(`error[${code}]`))}: ${message}`);
  }
  if (terminal.verbose && error instanceof Error) {
    let cause: unknown = error;
    for (; cause instanceof Error; cause = cause.cause) terminal.report(maskFetched(cause.stack ?? ""));
  }
  return error instanceof RefusedError ? EXIT_STATUS.refused : EXIT_STATUS.error;
}
