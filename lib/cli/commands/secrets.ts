import { Command } from "commander";
import { resolve } from "node:path";
import { RefusedError } from "../../core/errors";
import { readDotenvFile, requireNoTraps, trapLines } from "../env/dotenv-file";
import {
  compareWithSecret,
  keysToImport,
  type ImportedVariable,
  hasReferences,
  referencesTo,
  writeReferences,
} from "../secrets/plan-import";
import { resolveReferences, runProgram } from "../secrets/run-program";
import { SecretObject, type FoundSecret } from "../secrets/secret-object";
import { type CommandRunner, EXIT_STATUS, newCommand } from "../terminal/command";
import type { CommonOptions, Terminal } from "../terminal/terminal";
import { secretsRotateCommand } from "./secrets-rotate";

export function secretsCommand(run: CommandRunner): Command {
  return new Command("secrets")
    .description("rotate secrets, import them from dotenv files, and run programs with them")
    .addCommand(secretsImportCommand(run))
    .addCommand(secretsRotateCommand(run))
    .addCommand(secretsRunCommand(run));
}

interface SecretsImportOptions extends CommonOptions {
  readonly to: string;
  readonly region?: string;
  readonly only?: readonly string[];
  readonly output?: string;
  readonly inPlace?: boolean;
  readonly apply?: boolean;
  readonly overwrite?: boolean;
  readonly acceptTraps?: boolean;
}

function secretsImportCommand(run: CommandRunner): Command {
  return newCommand("import", "move the values of a dotenv file into a secret, and leave references", {
    "sterna secrets import .env --to r3mes/production": "show which names would go there; changes nothing",
    "sterna secrets import .env --to r3mes/production --apply": "import, and write .env.references",
    "sterna secrets import .env --to r3mes/production --only DATABASE_URL=database_url": "one, under another key",
  })
    .argument("<file>", "dotenv file")
    .requiredOption("--to <secret>", "name or ARN of the secret in AWS Secrets Manager; created if it does not exist")
    .option("--region <region>", "region of the secret (default: that of the ARN, or AWS_REGION)")
    .option(
      "--only <name=key...>",
      "only these variables, =key where it is another than the name (default: all that hold something)",
    )
    .option("--output <file>", "where the references go (default: <file>.references)")
    .option("--in-place", "write the references into the file itself")
    .option("--apply", "write the secret and the references")
    .option("--overwrite", "replace values that the secret already has; the old version becomes AWSPREVIOUS")
    .option("--accept-traps", "accept lines that other programs read differently than dotenv does")
    .action((name: string, options: SecretsImportOptions) =>
      run(options, ({ surroundings, terminal }) =>
        SecretObject.use(options.to, options.region, surroundings.environment, async (secret) => {
          const file = await readDotenvFile(resolve(surroundings.directory, name));
          const keys = keysToImport(file.variables, options.only ?? []);
          const traps = file.traps.filter((trap) => trap.name === undefined || keys.has(trap.name));
          const found = await secret.read();
          const variables = compareWithSecret(file.variables, keys, found?.values ?? {});
          const output = options.inPlace ? name : (options.output ?? `${name}.references`);
          const values = {
            ...found?.values,
            ...Object.fromEntries([...keys].map(([variable, key]) => [key, file.variables.get(variable) as string])),
          };
          secret.serialize(values);

          for (const line of trapLines(name, traps, terminal.colors)) terminal.report(line);
          terminal.print(importText(options.to, variables, terminal.colors));
          const changed = variables.some(({ state }) => state !== "same");
          const path = resolve(surroundings.directory, output);
          const done =
            keys.size === 0 || (!changed && found && (await hasReferences(file, referencesTo(found.arn, keys), path)));
          let written: string | undefined;
          if (options.apply && !done) {
            if (!options.acceptTraps) requireNoTraps(name, traps);
            if (!options.overwrite) requireSameValues(options.to, variables);
            const { arn } = changed || found === undefined ? await secret.write(found, values) : (found as FoundSecret);
            if (await writeReferences(file, referencesTo(arn, keys), path)) written = output;
          }
          const applied = done || (options.apply ?? false);
          terminal.printJson({ file: name, secret: options.to, applied, variables, traps, references: written });
          if (keys.size > 0) terminal.print(summary(options.to, applied, changed, written));
          return applied ? EXIT_STATUS.done : EXIT_STATUS.changes;
        }),
      ),
    );
}

/** @throws RefusedError `SecretValueDiffers` */
function requireSameValues(secret: string, variables: readonly ImportedVariable[]): void {
  const different = variables.filter(({ state }) => state === "differs").map(({ name }) => name);
  if (different.length === 0) return;
  throw new RefusedError(
    "SecretValueDiffers",
    `nothing was written: secret "${secret}" holds other values for ${different.join(", ")}. Leave them out with --only, or replace them with --overwrite`,
  );
}

function summary(secret: string, applied: boolean, changed: boolean, written: string | undefined): string {
  if (!applied) return "\nNothing was changed. Import with --apply.";
  const values = changed ? `${secret} holds the values` : `${secret} held the values already; no new version`;
  return `\n${values}.${written === undefined ? "" : ` The references are in ${written}.`}`;
}

interface SecretsRunOptions extends CommonOptions {
  /** Never `--env-file`: Node 20 treats that as its own option, even after the script, and reads the file itself. */
  readonly variables: readonly string[];
}

function secretsRunCommand(run: CommandRunner): Command {
  return newCommand("run", "run a program with the values that the variables of its environment refer to", {
    "sterna secrets run --variables .env -- npm start": "with the variables of .env over those of the process",
    "sterna secrets run -- docker compose up": "with the variables of the process",
  })
    .usage("[options] -- <program> [arguments...]")
    .argument("<program...>", "program with its arguments; it is not run by a shell")
    .option(
      "--variables <file>",
      "dotenv file, as `sterna secrets import` writes it; may be repeated, the last one wins",
      (file: string, files: readonly string[]) => [...files, file],
      [],
    )
    .action((program: string[], options: SecretsRunOptions) =>
      run(options, async ({ surroundings: { directory, environment } }) => {
        const files = await Promise.all(options.variables.map((file) => readDotenvFile(resolve(directory, file))));
        const variables = Object.assign({}, environment, ...files.map((file) => Object.fromEntries(file.variables)));
        return runProgram(program, directory, await resolveReferences(variables));
      }),
    );
}

/** What is written to a secret, by name. */
export function importText(
  secret: string,
  variables: readonly ImportedVariable[],
  { bold, dim, green, yellow }: Terminal["colors"],
): string {
  const signs = { new: green("+ new    "), same: dim("= same   "), differs: yellow("~ differs") };
  const lines = variables.map(
    ({ name, key, state }) => `  ${signs[state]}  ${name}${key === name ? "" : ` as ${key}`}`,
  );
  return [bold(secret), ...(lines.length === 0 ? ["  nothing to import"] : lines)].join("\n");
}
