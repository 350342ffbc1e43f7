import type { Command } from "commander";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { SternaError } from "../../core/errors";
import { RefusedError } from "../../core/refused-error";
import { findApplied, type FoundStep } from "../../toolkit/ledgers/find-applied";
import { readOwnLedgers } from "../../toolkit/ledgers/system-status";
import { recoverPins } from "../../toolkit/project/change-pin";
import { openProject, type Project } from "../../toolkit/project/project";
import { findSystem } from "../../toolkit/project/stacks";
import { type SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { synthesize } from "../../toolkit/project/synthesize";
import { askStack } from "../../toolkit/stack-worker/ask-stack";
import { declareBucket } from "../buckets/bucket-declaration";
import { readBucket } from "../buckets/read-bucket";
import { EXIT_STATUS, newCommand, type CommandContext, type CommandRunner } from "../terminal/command";
import type { CommonOptions, Terminal } from "../terminal/terminal";

interface AdoptOptions extends CommonOptions {
  readonly write?: boolean;
  readonly allowGaps?: boolean;
}

export function adoptCommand(run: CommandRunner): Command {
  return newCommand("adopt", "find out which steps of a system that was migrated by hand are there already", {
    "sterna adopt app-ef production": "look for the effect of each step; changes nothing",
    "sterna adopt app-ef production --write": "and put what was found into the ledger; runs no step",
    "sterna adopt bucket app-ef-files": "write the declaration of an S3 bucket that exists",
  })
    .addCommand(adoptBucketCommand(run))
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as staging")
    .option("--write", "put what was found into the ledger, so that no apply runs it")
    .option("--allow-gaps", "also where a step is there and one before it is not: the next apply runs that one later")
    .action((system: string, environment: string, options: AdoptOptions) =>
      run(options, async (context) => {
        const { surroundings, terminal } = context;
        const project = openProject(surroundings.directory);
        recoverPins(project);
        const stack = findSystem(await synthesize(project, surroundings.environment, terminal), system, environment);
        const { rows, unreadable } = await readOwnLedgers(project, stack, surroundings.environment);
        // A database that does not exist yet has no steps either, but then there is nothing to adopt.
        if (unreadable[0] !== undefined) throw new SternaError("LedgerUnreachable", unreadable[0].message);

        const steps = await findApplied(project, stack, rows, context);
        terminal.print(adoptionText(stack, steps, terminal.colors));
        const found = steps.filter(({ state }) => state === "there").map(({ id }) => id);
        if (options.write) {
          requireOrder(stack, steps, options.allowGaps ?? false);
          await writeRows(project, stack, found, context);
        }
        terminal.printJson({ system, environment, written: options.write ?? false, steps });
        terminal.print(nextSteps(stack, found, options.write ?? false));
        return EXIT_STATUS.done;
      }),
    );
}

/** @throws RefusedError `AdoptionRefused` */
function requireOrder(stack: SynthesizedSystem, steps: readonly FoundStep[], allowGaps: boolean): void {
  const repair = `sterna ledger repair ${stack.system} ${stack.environment} <step> --as applied --reason …`;
  const unknown = steps.filter(({ state }) => state === "unknown");
  if (unknown.length > 0) {
    throw new RefusedError(
      "AdoptionRefused",
      `nothing was written: nobody could tell whether ${names(unknown)} ${unknown.length === 1 ? "is" : "are"} there, and what is not adopted runs. Mend what keeps the question from being asked, or say what you know: ${repair}`,
    );
  }
  const gaps = steps.filter(({ gaps }) => gaps.length > 0);
  if (gaps.length === 0 || allowGaps) return;
  throw new RefusedError(
    "AdoptionRefused",
    `nothing was written: ${names(gaps)} ${gaps.length === 1 ? "is" : "are"} there, but steps before are not (see above). Is a step there although its probe does not find it, say so: ${repair}. Is it really missing, and may it run after the others: add --allow-gaps`,
  );
}

async function writeRows(
  project: Project,
  stack: SynthesizedSystem,
  found: readonly string[],
  context: CommandContext,
): Promise<void> {
  const steps = found.map((id) => stack.definitions.get(id)!);
  const answers = await askStack(project, stack, { action: "adopt", steps }, context, (id) => `adopting ${id}…`);
  const failed = answers.find(({ error }) => error !== undefined);
  if (failed === undefined) return;
  const message = `step "${failed.id}" was not adopted: ${failed.error!.message}. Run the command again: it goes on.`;
  throw new SternaError(failed.error!.code as SternaError["code"], message);
}

function nextSteps({ system, environment }: SynthesizedSystem, found: readonly string[], written: boolean): string {
  if (found.length === 0) return "\nNothing to adopt.";
  const steps = `${found.length} ${found.length === 1 ? "step" : "steps"}`;
  return written
    ? `\n${steps} adopted; nothing was run. Now:  sterna plan ${system} ${environment}`
    : `\nNothing was changed. Adopt ${steps} with:  sterna adopt ${system} ${environment} --write`;
}

function names(steps: readonly FoundStep[]): string {
  return steps.map(({ id }) => id).join(", ");
}

interface AdoptBucketOptions extends CommonOptions {
  readonly output?: string;
}

function adoptBucketCommand(run: CommandRunner): Command {
  return newCommand("bucket", "write the declaration of an S3 bucket that exists, with its own rules", {
    "sterna adopt bucket app-ef-files": "print the declaration; changes nothing",
    "sterna adopt bucket app-ef-files --output stacks/files.ts": "and write it to a new file",
  })
    .argument("<name>", "name of the bucket")
    .option("--output <file>", "write the declaration to this file, which must not be there")
    .action((name: string, options: AdoptBucketOptions, command: Command) =>
      // `adopt` takes the options that both have for its own, wherever they stand.
      run(command.optsWithGlobals<AdoptBucketOptions>(), async ({ surroundings, terminal }) => {
        const { source, functionName, additions, leftAlone } = declareBucket(
          await readBucket(name, surroundings.environment),
        );
        if (options.output === undefined) terminal.print(source);
        else writeNew(resolve(surroundings.directory, options.output), source);
        terminal.printJson({ bucket: name, functionName, source, additions, leftAlone });
        for (const addition of additions) terminal.report(`The next apply adds: ${addition}`);
        if (leftAlone.length > 0) terminal.report(`Not declared, and left as it is: ${leftAlone.join(", ")}`);
        return EXIT_STATUS.done;
      }),
    );
}

/** @throws SternaError `FileIsThere` */
function writeNew(path: string, source: string): void {
  try {
    writeFileSync(path, source, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new SternaError("FileIsThere", `${path} is there already, and nothing was written. Name another file.`);
  }
}

/** Which steps are there already, for people. */
function adoptionText(
  { system, environment, release }: { readonly system: string; readonly environment: string; readonly release: string },
  steps: readonly FoundStep[],
  { bold, dim, green, red, yellow }: Terminal["colors"],
): string {
  const signs: Record<FoundStep["state"], string> = {
    there: green("✓"),
    recorded: dim("="),
    absent: "·",
    unknown: yellow("?"),
  };
  const lines = steps.flatMap((step) => [
    `  ${signs[step.state]} ${step.id}  ${step.title} ${dim(`(${step.release}, ${describeState(step)})`)}`,
    ...(step.reason === undefined ? [] : [dim(step.reason.replace(/^/gm, "      "))]),
    ...(step.gaps.length === 0 ? [] : [red(`      but these, which come before it, are not: ${step.gaps.join(", ")}`)]),
  ]);
  return [bold(`${system} in ${environment}, release ${release}`), ...lines].join("\n");
}

function describeState({ state, by, effectless }: FoundStep): string {
  switch (state) {
    case "there":
      return by === "probe" ? "there: its probe finds it" : "there: its verify queries hold";
    case "recorded":
      return "in the ledger already";
    case "absent":
      return effectless ? "not there: an apply runs it; it changes nothing" : "not there: an apply runs it";
    case "unknown":
      return "nobody could tell";
  }
}
