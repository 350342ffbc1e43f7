import { resolve } from "node:path";
import type { Command } from "commander";
import { readDotenvFile } from "../env/read-dotenv-file";
import { resolveReferences } from "../secrets/resolve-references";
import { runProgram } from "../secrets/run-program";
import type { CommonOptions } from "../terminal";
import { newCommand, type CommandRunner } from "./command";

interface SecretsRunOptions extends CommonOptions {
  readonly envFile: readonly string[];
}

export function secretsRunCommand(run: CommandRunner): Command {
  return newCommand("run", "run a program with the values that the variables of its environment refer to", {
    "sterna secrets run --env-file .env -- npm start": "with the variables of .env over those of the process",
    "sterna secrets run -- docker compose up": "with the variables of the process",
  })
    .usage("[options] -- <program> [arguments...]")
    .argument("<program...>", "program with its arguments; it is not run by a shell")
    .option(
      "--env-file <file>",
      "dotenv file, as `sterna secrets import` writes it; may be repeated, the last one wins",
      (file: string, files: readonly string[]) => [...files, file],
      [],
    )
    .action((program: string[], options: SecretsRunOptions) =>
      run(options, async ({ surroundings: { directory, environment } }) => {
        const files = await Promise.all(options.envFile.map((file) => readDotenvFile(resolve(directory, file))));
        const variables = Object.assign({}, environment, ...files.map((file) => Object.fromEntries(file.variables)));
        return runProgram(program, directory, await resolveReferences(variables));
      }),
    );
}
