import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { SternaError } from "../../core/errors";
import { IDENTIFIER_RULE, isIdentifier } from "../../core/names";
import { freePort } from "../../testing/postgres/free-port";
import { projectFiles } from "../project/project-files";
import {
  DATABASES,
  type Databases,
  type NextCommand,
  type ProjectAnswers,
  type StatePlace,
  type Template,
  type TemplateName,
  TEMPLATES,
} from "../project/templates";
import { findObstacles, writeProject, type Obstacles } from "../project/write-project";
import { type CommandContext, type CommandRunner, EXIT_STATUS, type ExitStatus, newCommand } from "../terminal/command";
import type { CommonOptions, Terminal } from "../terminal/terminal";

interface InitOptions extends CommonOptions {
  readonly name?: string;
  readonly environments?: readonly string[];
  readonly database: Databases;
  readonly migrations: string;
  readonly state?: string;
  readonly stateRegion?: string;
  readonly pipeline?: "github" | "gitlab";
  readonly directory: string;
  readonly yes?: boolean;
  readonly force?: boolean;
}

const ENVIRONMENTS = ["development", "staging", "production"];
const NAMES = Object.keys(TEMPLATES) as TemplateName[];
const DEFAULT_TEMPLATE: TemplateName = "postgres";

export function initCommand(run: CommandRunner): Command {
  const about = NAMES.map((name) => `  ${name.padEnd(10)}${TEMPLATES[name].about}`).join("\n");
  return newCommand("init", "write a new project into this folder, ready to plan, apply, promote and roll back", {
    "sterna init": "ask for everything",
    "sterna init postgres": "a project with a PostgreSQL server of its own, to try at once",
    "sterna init import --migrations db/migrations --force": "take over the SQL migrations of this repository",
    "sterna init aws --name files --environments staging,production": "two environments on AWS",
    "sterna init postgres --state s3://example-state --state-region eu-central-1 --pipeline github":
      "state in a bucket, and workflows for GitHub Actions",
  })
    .addArgument(new Argument("[template]", `one of ${NAMES.join(", ")}`).choices(NAMES))
    .option("--name <name>", "name of the system (default: the name of the folder)", requireIdentifier)
    .option("--environments <list>", `environments in their order (default: ${ENVIRONMENTS.join(",")})`, requireList)
    .addOption(
      new Option(
        "--database <where>",
        "templates postgres and import: server that the project starts, Docker, or yours",
      )
        .choices([...DATABASES])
        .default("embedded" satisfies Databases),
    )
    .option("--migrations <directory>", "template import: directory of the SQL migrations", "migrations")
    .option("--state <url>", "bucket for Terraform's state, the ledger and the records: s3://… or gs://…")
    .option("--state-region <region>", "region of the bucket of --state, for s3://…")
    .addOption(new Option("--pipeline <service>", "also write a pipeline; needs --state").choices(["github", "gitlab"]))
    .option("--directory <folder>", "folder of the project", ".")
    .option("--yes", "ask nothing, and take the defaults")
    .option("--force", "write into a folder that holds files, and replace those of the same names")
    .addHelpText("after", `\nTemplates:\n${about}`)
    .action((template: TemplateName | undefined, options: InitOptions) =>
      run(options, (context) => init(template, options, context)),
    );
}

async function init(
  given: TemplateName | undefined,
  options: InitOptions,
  { terminal, surroundings }: CommandContext,
): Promise<ExitStatus> {
  const directory = resolve(surroundings.directory, options.directory);
  const answers = await answer(given, options, directory, terminal);
  const files = projectFiles(directory, answers);
  const obstacles = findObstacles(directory, files);
  if (!options.force && obstacles.others.length > 0) await requireConsent(directory, obstacles, terminal, options);
  writeProject(directory, files);
  const next = nextCommands(answers, options.directory);
  terminal.printJson({
    directory,
    template: answers.template,
    system: answers.name,
    environments: answers.environments,
    files: files.map(({ path }) => path),
    next,
  });
  terminal.print(summary(answers, files.length, next, terminal.colors));
  return EXIT_STATUS.done;
}

async function answer(
  given: TemplateName | undefined,
  options: InitOptions,
  directory: string,
  terminal: Terminal,
): Promise<ProjectAnswers> {
  const asks = terminal.interactive && options.yes !== true;
  if (given === undefined && !asks && options.yes !== true) {
    throw new SternaError(
      "InvalidUsage",
      `there is no terminal to ask on for a template; name one of ${NAMES.join(", ")}, such as \`sterna init ${DEFAULT_TEMPLATE}\`, or take the defaults with --yes`,
    );
  }
  const ask = async <Value>(question: string, initial: string, read: (text: string) => Value): Promise<Value> => {
    for (;;) {
      const text = asks ? await terminal.ask(question, initial) : initial;
      try {
        return read(text);
      } catch (error) {
        if (!asks || !(error instanceof InvalidArgumentError)) throw error;
        terminal.report(error.message);
      }
    }
  };
  const template = given ?? (await ask(`Template: ${NAMES.join(", ")}?`, DEFAULT_TEMPLATE, requireTemplate));
  const name = options.name ?? (await ask("Name of the system?", nameOfFolder(directory), requireIdentifier));
  const environments =
    options.environments ?? (await ask("Environments, in their order?", ENVIRONMENTS.join(","), requireList));
  if (template === "import") requireMigrations(directory, options.migrations);
  const state = statePlace(options);
  if (options.pipeline !== undefined && state === undefined) {
    throw new SternaError(
      "InvalidUsage",
      "a pipeline starts from a fresh checkout, so state cannot be kept in files; add --state s3://<bucket> --state-region <region>, or --state gs://<bucket>",
    );
  }
  return {
    ...{ template, name, environments, state },
    databases: options.database,
    migrations: options.migrations,
    port: await freePort(),
    pipeline: options.pipeline,
  };
}

/** The directory is read by the app, which runs in the folder of the project. */
function requireMigrations(directory: string, migrations: string): void {
  if (statSync(resolve(directory, migrations), { throwIfNoEntry: false })?.isDirectory()) return;
  throw new SternaError(
    "InvalidUsage",
    `there is no directory "${migrations}" in ${directory}; name the directory of your SQL migrations with --migrations <directory>`,
  );
}

async function requireConsent(
  directory: string,
  { others, replaced }: Obstacles,
  terminal: Terminal,
  { yes }: InitOptions,
): Promise<void> {
  const replaces = replaced.length === 0 ? "" : `; ${replaced.join(", ")} would be replaced`;
  const facts = `${directory} holds files (${others.slice(0, 5).join(", ")}${others.length > 5 ? ", …" : ""})${replaces}`;
  if (terminal.interactive && yes !== true && (await terminal.confirm(`${facts}. Write the project there?`))) return;
  throw new SternaError(
    "FolderNotEmpty",
    `${facts}; nothing is written. Run it in an empty folder, name one with --directory, or add --force`,
  );
}

function statePlace({ state, stateRegion }: InitOptions): StatePlace | undefined {
  if (state === undefined) return undefined;
  const [, kind, bucket] = /^(s3|gs):\/\/([a-z0-9][a-z0-9._-]*)\/?$/.exec(state) ?? [];
  if (bucket === undefined) {
    throw new SternaError("InvalidUsage", `--state is "${state}"; write s3://<bucket> or gs://<bucket>`);
  }
  if (kind === "gs") return { kind: "gcs", bucket };
  if (stateRegion !== undefined && /^[a-z0-9-]+$/.test(stateRegion)) return { kind: "s3", bucket, region: stateRegion };
  throw new SternaError(
    "InvalidUsage",
    "a bucket of Amazon S3 needs its region; add --state-region, such as --state-region eu-central-1",
  );
}

/** The folder's name if it is a valid system name, otherwise `shop`. */
function nameOfFolder(directory: string): string {
  const name = basename(directory)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[-0-9]+|-+$/g, "")
    .slice(0, 40);
  return isIdentifier(name) ? name : "shop";
}

function requireTemplate(text: string): TemplateName {
  if (NAMES.includes(text as TemplateName)) return text as TemplateName;
  throw new InvalidArgumentError(`There is no template "${text}"; there are ${NAMES.join(", ")}.`);
}

function requireIdentifier(text: string): string {
  if (isIdentifier(text)) return text;
  throw new InvalidArgumentError(`"${text}" is not a name; use ${IDENTIFIER_RULE}.`);
}

function requireList(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) requireIdentifier(name);
  if (new Set(names).size === names.length) return names;
  throw new InvalidArgumentError(`"${text}" names an environment twice.`);
}

/** Commands to run after `init`, in order. */
function nextCommands(answers: ProjectAnswers, folder: string): NextCommand[] {
  const { template, name, environments, pipeline } = answers;
  const [first, second] = environments;
  const plan: NextCommand[] = [
    ...(folder === "." ? [] : [{ command: `cd ${folder}`, about: "" }]),
    { command: "npm install", about: "" },
    ...(TEMPLATES[template] as Template).before(answers),
    { command: `npx sterna plan ${name} ${first}`, about: "show what will run" },
    { command: `npx sterna apply ${name} ${first}`, about: "run it" },
  ];
  const promotion: NextCommand[] =
    second === undefined
      ? [{ command: `npx sterna rollback ${name} ${first} --to 1.0.0`, about: "plan the way back" }]
      : [
          { command: `npx sterna promote ${name} ${first} ${second}`, about: `plan the same for ${second}` },
          { command: `npx sterna apply ${name} ${second}`, about: "" },
          { command: `npx sterna rollback ${name} ${second} --to 1.0.0`, about: "plan the way back" },
        ];
  return [
    ...plan,
    ...promotion,
    { command: `npx sterna apply ${name} ${second ?? first}`, about: "" },
    { command: "npx sterna status", about: "show which release runs where" },
    { command: "npm test", about: "run the tests of the migration" },
    ...(pipeline === undefined
      ? []
      : [{ command: `npx sterna ci ${pipeline} --check`, about: "compare the pipeline with the project" }]),
  ];
}

function summary(
  { name, environments, template }: ProjectAnswers,
  count: number,
  next: readonly NextCommand[],
  { bold, dim, green }: Terminal["colors"],
): string {
  const width = Math.max(...next.map(({ command }) => command.length));
  const lines = next.map(
    ({ command, about }) =>
      `  ${command.padEnd(about === "" ? 0 : width)}${about === "" ? "" : `  ${dim(`# ${about}`)}`}`,
  );
  return [
    `${green("✓")} ${count} files are written: system ${bold(name)} in ${environments.join(" → ")}, template ${template}.`,
    "",
    bold("Next:"),
    ...lines,
  ].join("\n");
}
