import type { Command } from "commander";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { SternaError } from "../../core/errors";
import { affectedStacks, changesSince } from "../../pipelines/affected";
import { fitComment, markOf, proposePin, forgeOf } from "../../pipelines/forge/forge-jobs";
import { variableSuffix } from "../../pipelines/pipeline";
import { EXIT_STATUS, newCommand, type CommandRunner } from "../terminal/command";
import { chainOf } from "../../toolkit/project/stacks";
import { openStack, synthesizeApp } from "../../toolkit/toolkit";
import { writeWholeFile } from "../../core/replace-file";
import { inProject, stackCommand, withStackArguments } from "../terminal/stack-command";
import type { CommonOptions } from "../terminal/terminal";

interface AffectedOptions extends CommonOptions {
  readonly since: string;
  readonly system?: readonly string[];
  readonly stack?: string;
}

/** `sterna ci affected` */
export function ciAffectedCommand(run: CommandRunner): Command {
  return newCommand("affected", "list the stacks that a pipeline has to plan, as a line of JSON", {
    "sterna ci affected --since origin/main": "for the matrix of a job; exit status 2 when there are any",
  })
    .requiredOption("--since <commit>", "commit to compare with; one that is not here counts as if all had changed")
    .option("--system <system...>", "only these systems")
    .option("--stack <stack>", "only this stack, such as app-ef-staging")
    .action(({ since, system, stack, ...options }: AffectedOptions) =>
      run(options, async (context) => {
        const { terminal, toolkit } = inProject(context);
        const synthesis = await synthesizeApp(toolkit);
        const systems = system?.flatMap((name) => chainOf(synthesis, name)) ?? synthesis.systems;
        const affected = affectedStacks(systems, await changesSince(toolkit.project, since))
          .filter((each) => stack === undefined || each.stack === stack)
          .map((each) => ({
            stack: each.stack,
            system: each.system,
            environment: each.environment,
            variable: variableSuffix(each.environment),
          }));
        terminal.printJson({ stacks: affected });
        terminal.print(JSON.stringify(affected));
        return affected.length > 0 ? EXIT_STATUS.changes : EXIT_STATUS.done;
      }),
    );
}

/** `sterna ci comment` */
export function ciCommentCommand(run: CommandRunner): Command {
  return newCommand("comment", "write a report under the pull request of this job, in the place of the one before", {
    'sterna ci comment report.md --about "plan of app-ef-staging"': "one comment for each subject, however often",
  })
    .argument("<file>", "report in Markdown")
    .requiredOption("--about <subject>", "what the report is about")
    .action((file: string, { about, ...options }: CommonOptions & { readonly about: string }) =>
      run(options, async ({ surroundings, terminal }) => {
        const forge = forgeOf(surroundings.environment);
        const mark = markOf(about);
        const url = await forge.comment(mark, fitComment(read(surroundings.directory, file), mark, forge.run));
        terminal.printJson({ url });
        terminal.print(url);
        return EXIT_STATUS.done;
      }),
    );
}

interface IssueOptions extends CommonOptions {
  readonly about: string;
  readonly close?: boolean;
}

/** `sterna ci issue` */
export function ciIssueCommand(run: CommandRunner): Command {
  return newCommand("issue", "open an issue with a report, update the open one, or close it", {
    'sterna ci issue report.md --about "drift of app-ef-staging"': "opened, or updated",
    'sterna ci issue --about "drift of app-ef-staging" --close': "closed, if there is one",
  })
    .argument("[file]", "report in Markdown")
    .requiredOption("--about <subject>", "what the issue is about: its title")
    .option("--close", "close the open issue")
    .action((file: string | undefined, { about, close = false, ...options }: IssueOptions) =>
      run(options, async ({ surroundings, terminal }) => {
        const forge = forgeOf(surroundings.environment);
        const mark = markOf(about);
        const url = close
          ? await forge.closeIssue(mark)
          : await forge.openIssue(
              mark,
              titleOf(about),
              fitComment(read(surroundings.directory, file), mark, forge.run),
            );
        terminal.printJson({ url: url ?? null });
        terminal.print(url ?? "There is no open issue.");
        return EXIT_STATUS.done;
      }),
    );
}

interface ReviewOptions extends CommonOptions {
  readonly out: string;
}

/** `sterna ci review` */
export function ciReviewCommand(run: CommandRunner): Command {
  const command = newCommand("review", "fetch what was reviewed in the pull request that brought this commit", {
    "sterna ci review app-ef staging --out review.json": "for `sterna apply --reviewed`; exit status 3 without any",
  });
  return withStackArguments(command)
    .requiredOption("--out <file>", "where to write it")
    .action((system: string, environment: string, { out, ...options }: ReviewOptions) =>
      run(options, async ({ surroundings, terminal }) => {
        const stack = `${system}-${environment}`;
        writeWholeFile(resolve(surroundings.directory, out), await forgeOf(surroundings.environment).review(stack));
        terminal.printJson({ stack, file: out });
        terminal.print(`What was reviewed of ${stack} is in ${out}.`);
        return EXIT_STATUS.done;
      }),
    );
}

/** `sterna ci propose` */
export function ciProposeCommand(run: CommandRunner): Command {
  const examples = {
    "sterna ci propose app-ef staging": "after `sterna promote app-ef development staging --no-plan`",
  };
  const about = "ask for a raised pin: a branch, a commit of releases.json, and a pull request";
  return stackCommand<CommonOptions>(run, ["propose", about, examples], async (stack, _options, context) => {
    const { surroundings, terminal, toolkit } = context;
    const target = await openStack(toolkit, stack);
    const forge = forgeOf(surroundings.environment);
    const url = await proposePin(toolkit.project, target, forge, surroundings.environment);
    terminal.printJson({ ...stack, release: target.release, url });
    terminal.print(url);
    return EXIT_STATUS.done;
  });
}

function titleOf(about: string): string {
  return about.charAt(0).toUpperCase() + about.slice(1);
}

function read(directory: string, file: string | undefined): string {
  if (file === undefined) throw new SternaError("FileUnreadable", "no report is named: give its file, or --close");
  try {
    return readFileSync(resolve(directory, file), "utf8");
  } catch (cause) {
    throw new SternaError("FileUnreadable", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
