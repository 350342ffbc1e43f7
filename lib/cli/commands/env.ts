import { Command } from "commander";
import { resolve } from "node:path";
import { SternaError } from "../../core/errors";
import { readDotenv } from "../../engine/dotenv/read-dotenv";
import { writeDotenv } from "../../engine/dotenv/write-dotenv";
import { EngineError } from "../../engine/engine-error";
import { readIfThere } from "../../core/read-file";
import { replaceFile } from "../../core/replace-file";
import { readDotenvFile, requireNoTraps, changesText, trapLines } from "../env/dotenv-file";
import { migrateVariables } from "../env/migrate-variables";
import { parseVariableMap, type VariableMap } from "../env/variable-map";
import { type CommandRunner, EXIT_STATUS, newCommand } from "../terminal/command";
import type { CommonOptions } from "../terminal/terminal";

export function envCommand(run: CommandRunner): Command {
  return new Command("env")
    .description("move variables from one dotenv file to another")
    .addCommand(envMigrateCommand(run));
}

interface EnvMigrateOptions extends CommonOptions {
  readonly map: string;
  readonly apply?: boolean;
  readonly acceptTraps?: boolean;
}

function envMigrateCommand(run: CommandRunner): Command {
  return newCommand("migrate", "write a dotenv file from another one, with variables renamed, joined and split", {
    "sterna env migrate .env.old .env.new --map names.json": "show what becomes of each name; writes nothing",
    "sterna env migrate .env.old .env.new --map names.json --apply": "and write .env.new",
  })
    .argument("<old>", "dotenv file to read; it is never changed")
    .argument("<new>", "dotenv file to write; only its owner can read it")
    .requiredOption("--map <file>", "JSON file with rename, join, split, set, remove and required")
    .option("--apply", "write the file")
    .option("--accept-traps", "accept lines that other programs read differently than dotenv does")
    .action((from: string, to: string, options: EnvMigrateOptions) =>
      run(options, async ({ surroundings, terminal }) => {
        const path = (name: string) => resolve(surroundings.directory, name);
        const map = await readMap(path(options.map));
        const { variables: source, traps } = await readDotenvFile(path(from));
        const { variables, changes, absent } = migrateVariables(source, map);
        const text = writeDotenv(variables);
        const written = await isWritten(path(to), path(from), variables);

        for (const line of trapLines(from, traps, terminal.colors)) terminal.report(line);
        for (const name of absent) terminal.report(`${name}: in the map, and not in ${from}`);
        if (options.apply && !written) {
          if (!options.acceptTraps) requireNoTraps(from, traps);
          await replaceFile(path(to), text);
        }
        const applied = written || (options.apply ?? false);
        terminal.printJson({ from, to, applied, changes, absent, traps });
        terminal.print(changesText(changes, terminal.colors));
        terminal.print(summary(to, variables.size, written, applied));
        return applied ? EXIT_STATUS.done : EXIT_STATUS.changes;
      }),
    );
}

function summary(to: string, count: number, written: boolean, applied: boolean): string {
  const variables = `${count} ${count === 1 ? "variable" : "variables"}`;
  if (written) return `\n${to} holds these ${variables} already; nothing to do.`;
  return applied ? `\n${to} written, ${variables}.` : "\nNothing was written. Write it with --apply.";
}

/** @throws SternaError `FileUnreadable`, `VariableMapInvalid` */
async function readMap(path: string): Promise<VariableMap> {
  const content = await readIfThere(path);
  if (content === undefined) throw new SternaError("FileUnreadable", `there is no map of variables ${path}`);
  return parseVariableMap(content.toString("utf8"), path);
}

/**
 * Whether the new file already exists.
 *
 * @throws EngineError `TargetConflict` when a different file exists
 */
async function isWritten(to: string, from: string, variables: ReadonlyMap<string, string>): Promise<boolean> {
  const there = await readIfThere(to);
  if (there === undefined) return false;
  const found = to === from ? undefined : readDotenv(there, to).variables;
  const same = found?.size === variables.size && [...variables].every(([name, value]) => found.get(name) === value);
  if (same) return true;
  throw new EngineError(
    "TargetConflict",
    `${to} exists, and is not what the map makes of ${from}; name a new file, or move it away`,
  );
}
