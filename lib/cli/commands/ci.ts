import { Command, InvalidArgumentError, Option } from "commander";
import { resolve } from "node:path";
import { atlantisFiles } from "../../pipelines/atlantis-files";
import { githubFiles } from "../../pipelines/github/github-files";
import { gitlabFiles } from "../../pipelines/gitlab-files";
import { CLOUDS, type Cloud, type Pipeline, type PipelineFile, readPipeline } from "../../pipelines/pipeline";
import { compareFile, refuseEdited, writePipelineFile, type FileState } from "../../pipelines/written-file";
import { readSchedule } from "../../schedule/schedule";
import { synthesizeApp } from "../../toolkit/toolkit";
import { type CommandRunner, EXIT_STATUS, type ExitStatus, newCommand, type CommandContext } from "../terminal/command";
import { inProject } from "../terminal/stack-command";
import type { CommonOptions } from "../terminal/terminal";
import { ciAffectedCommand, ciCommentCommand, ciIssueCommand, ciProposeCommand, ciReviewCommand } from "./ci-jobs";

export function ciCommand(run: CommandRunner): Command {
  const command = new Command("ci").description("write pipelines for GitHub, GitLab, and Atlantis, and run their jobs");
  for (const write of ciWriteCommands(run)) command.addCommand(write);
  return command
    .addCommand(ciAffectedCommand(run))
    .addCommand(ciCommentCommand(run))
    .addCommand(ciReviewCommand(run))
    .addCommand(ciIssueCommand(run))
    .addCommand(ciProposeCommand(run));
}

interface WriteOptions extends CommonOptions {
  readonly system?: readonly string[];
  readonly cloud?: readonly Cloud[];
  readonly out: string;
  readonly branch: string;
  readonly schedule: string;
  readonly node: string;
  readonly terraform: string;
  readonly check?: boolean;
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** Every night, but not on the full hour, when most jobs start. */
const NIGHTLY = "17 3 * * *";

/** A service that pipelines are written for. */
interface Target {
  readonly about: string;
  /** What must be done by hand, once. */
  readonly next: string;
  files(pipeline: Pipeline): PipelineFile[];
}

const TARGETS: Readonly<Record<string, Target>> = {
  github: {
    about: "GitHub Actions: workflows, and the action that they share",
    next: "set the repository's variables and secrets, and the protection of its environments: docs/gitops.md of Sterna.",
    files: githubFiles,
  },
  gitlab: {
    about: "GitLab CI: a file to include",
    next: "add `include: { local: .gitlab/sterna.yml }` to .gitlab-ci.yml, and set the project's variables: docs/gitops.md of Sterna.",
    files: gitlabFiles,
  },
  atlantis: {
    about: "Atlantis: atlantis.yaml, and the workflows for the server",
    next: "merge atlantis-server.yaml into the configuration of the server: docs/gitops.md of Sterna.",
    files: atlantisFiles,
  },
};

/** `sterna ci github`, `gitlab` and `atlantis`. */
function ciWriteCommands(run: CommandRunner): Command[] {
  return Object.entries(TARGETS).map(([name, target]) =>
    newCommand(name, `write a pipeline for ${target.about}`, {
      [`sterna ci ${name}`]: "all systems in all environments",
      [`sterna ci ${name} --system app-ef --out ../..`]: "one system, in a project below the top of the repository",
      [`sterna ci ${name} --check`]: "exit status 2 when the files are not what would be written",
      [`sterna ci ${name} --dry-run`]: "print the files and write nothing",
    })
      .option("--system <system...>", "only these systems")
      .option("--out <directory>", "top of the repository", ".")
      .option("--branch <branch>", "branch that is applied", requireBranch, "main")
      .option("--schedule <cron>", "when drift is looked for: five fields of cron, UTC", requireCron, NIGHTLY)
      .addOption(
        new Option(
          "--cloud <cloud...>",
          "clouds to log in to (default: those whose providers the stacks have)",
        ).choices([...CLOUDS]),
      )
      .option("--node <version>", "version of Node.js", requireVersion, "22")
      .option("--terraform <version>", "version of Terraform", requireFullVersion, "1.14.0")
      .option("--check", "write nothing, and end with 2 when something would be written")
      .option("--dry-run", "print the files instead of writing them")
      .option("--force", "also overwrite files that were edited by hand")
      .action((options: WriteOptions) => run(options, (context) => writeFiles(target, options, context))),
  );
}

async function writeFiles(
  target: Target,
  { system, cloud, out, check = false, dryRun = false, force = false, ...options }: WriteOptions,
  context: CommandContext,
): Promise<ExitStatus> {
  const { surroundings, terminal } = context;
  const { toolkit } = inProject(context);
  const synthesis = await synthesizeApp(toolkit);
  const top = resolve(surroundings.directory, out);
  const { branch, schedule, node, terraform } = options;
  const pipeline = readPipeline(toolkit.project, synthesis, {
    ...(system && { systems: system }),
    ...(cloud && { clouds: cloud }),
    branch,
    schedule,
    node,
    terraform,
    top,
  });
  const files = target.files(pipeline).map((file) => ({ path: file.path, ...compareFile(top, file) }));
  const waiting = files.filter(({ state }) => state !== "current");
  if (!check && !dryRun) {
    if (!force) refuseEdited(files);
    for (const file of waiting) writePipelineFile(top, file);
  }
  const written = !check && !dryRun;
  terminal.printJson({ written, files: files.map((file) => ({ ...file, ...(dryRun ? {} : { text: undefined }) })) });
  for (const { path, state, text } of files)
    terminal.print(dryRun ? `# ${path}\n${text}` : describe(path, state, written));
  if (written && waiting.length > 0) terminal.print(`Next: ${target.next}`);
  return !written && waiting.length > 0 ? EXIT_STATUS.changes : EXIT_STATUS.done;
}

function describe(path: string, state: FileState, written: boolean): string {
  if (state === "current") return `${path} is as it should be.`;
  if (written) return `${path} is written.`;
  const words = {
    missing: "is missing",
    outdated: "is out of date",
    edited: "was edited by hand",
    foreign: "is not written by sterna",
  };
  return `${path} ${words[state]}.`;
}

function requireCron(value: string): string {
  try {
    readSchedule(value, { language: "unix" });
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
  return value;
}

function requireVersion(value: string): string {
  if (/^\d+(\.\d+){0,2}$/.test(value)) return value;
  throw new InvalidArgumentError(`a version such as 22 or 22.11.0 is wanted, got "${value}"`);
}

/** Plan and apply in a pipeline must use the same version, and a download needs the full one. */
function requireFullVersion(value: string): string {
  if (/^\d+\.\d+\.\d+$/.test(value)) return value;
  throw new InvalidArgumentError(`a version with three numbers such as 1.14.0 is wanted, got "${value}"`);
}

function requireBranch(value: string): string {
  if (/^[\w][\w./-]*$/.test(value)) return value;
  throw new InvalidArgumentError(`the name of a branch is wanted, got "${value}"`);
}
