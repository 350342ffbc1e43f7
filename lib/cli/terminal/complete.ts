import type { Argument, Command } from "commander";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** The parts of a project that name systems and environments. Parsed leniently, because completion must never fail. */
const environments = z.object({ environments: z.array(z.object({ name: z.string() })) });
const pins = z.record(z.string(), z.unknown());

/**
 * Candidates for the next word of a command line: subcommands, options, choices, and the systems and environments of
 * the project. Does not run the app.
 *
 * @param program with all commands; the called one has its options
 * @param words after `sterna`; the last one is incomplete
 * @param directory of the project
 */
export function candidates(program: Command, words: readonly string[], directory: string): string[] {
  const typed = words.at(-1) ?? "";
  const { command, given, option } = walk(program, words.slice(0, -1));
  const all =
    option !== undefined
      ? option
      : typed.startsWith("-")
        ? optionsOf(command)
        : [...(given === 0 ? subcommandsOf(command) : []), ...valuesOf(command.registeredArguments[given], directory)];
  return all.filter((name) => name.startsWith(typed));
}

interface Place {
  readonly command: Command;
  /** Number of complete arguments. */
  readonly given: number;
  /** Values of the option before the cursor, if it expects one. */
  readonly option: readonly string[] | undefined;
}

function walk(program: Command, words: readonly string[]): Place {
  let command = program;
  let given = 0;
  let awaited: readonly string[] | undefined;
  for (const word of words) {
    if (awaited !== undefined) {
      awaited = undefined;
      continue;
    }
    const known = command.options.find(({ long, short }) => long === word || short === word);
    if (known !== undefined) {
      awaited = known.required || known.optional ? (known.argChoices ?? []) : undefined;
      continue;
    }
    if (word.startsWith("-")) continue;
    const below = command.commands.find((each) => each.name() === word);
    if (below === undefined) given++;
    else command = below;
  }
  return { command, given, option: awaited };
}

function subcommandsOf(command: Command): string[] {
  return command.commands.map((each) => each.name());
}

function optionsOf(command: Command): string[] {
  return ["--help", ...command.options.flatMap(({ long }) => long ?? [])];
}

function valuesOf(argument: Argument | undefined, directory: string): readonly string[] {
  switch (argument?.name()) {
    case "system":
      return Object.keys(read(join(directory, "releases.json"), pins) ?? {}).filter((name) => name !== "$schema");
    case "environment":
    case "from":
    case "to":
      return (read(join(directory, "environments.json"), environments)?.environments ?? []).map(({ name }) => name);
    default:
      return argument?.argChoices ?? [];
  }
}

function read<Schema extends z.ZodType>(file: string, schema: Schema): z.infer<Schema> | undefined {
  try {
    return existsSync(file) ? schema.parse(JSON.parse(readFileSync(file, "utf8"))) : undefined;
  } catch {
    return undefined;
  }
}
