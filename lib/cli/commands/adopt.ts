import type { Command } from "commander";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { SternaError } from "../../core/errors";
import { adopt, type FoundSteps } from "../../toolkit/adopt";
import type { FoundStep } from "../../toolkit/ledgers/find-applied";
import type { StackOptions } from "../../toolkit/toolkit";
import { declareBucket } from "../buckets/bucket-declaration";
import { readBucket } from "../buckets/read-bucket";
import { EXIT_STATUS, newCommand, type CommandRunner } from "../terminal/command";
import { stackCommand } from "../terminal/stack-command";
import type { CommonOptions, Terminal } from "../terminal/terminal";

interface AdoptCommandOptions extends CommonOptions {
  readonly write?: boolean;
  readonly allowGaps?: boolean;
}

export function adoptCommand(run: CommandRunner): Command {
  const examples = {
    "sterna adopt app-ef production": "look for the effect of each step; changes nothing",
    "sterna adopt app-ef production --write": "and put what was found into the ledger; runs no step",
    "sterna adopt bucket app-ef-files": "write the declaration of an S3 bucket that exists",
  };
  const about = "find the steps that were already applied by hand";
  return stackCommand<AdoptCommandOptions>(run, ["adopt", about, examples], async (stack, options, context) => {
    const { terminal, toolkit } = context;
    const { write = false, allowGaps = false } = options;
    const onFound = (found: FoundSteps) => terminal.print(adoptionText(found, terminal.colors));
    const { written, steps } = await adopt(toolkit, { ...stack, write, allowGaps, onFound });
    terminal.printJson({ ...stack, written, steps });
    const found = steps.filter(({ state }) => state === "there").length;
    terminal.print(nextSteps(stack, found, written));
    return EXIT_STATUS.done;
  })
    .addCommand(adoptBucketCommand(run))
    .option("--write", "put what was found into the ledger, so that no apply runs it")
    .option(
      "--allow-gaps",
      "accept a step that is applied while an earlier one is not; the next apply runs the earlier one",
    );
}

function nextSteps({ system, environment }: StackOptions, found: number, written: boolean): string {
  if (found === 0) return "\nNothing to adopt.";
  const steps = `${found} ${found === 1 ? "step" : "steps"}`;
  return written
    ? `\n${steps} adopted; nothing was run. Now:  sterna plan ${system} ${environment}`
    : `\nNothing was changed. Adopt ${steps} with:  sterna adopt ${system} ${environment} --write`;
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
    .option("--output <file>", "write the declaration to this file, which must not exist")
    .action((name: string, options: AdoptBucketOptions, command: Command) =>
      // `adopt` consumes the options that both have, wherever they are.
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

/** Which steps are already applied, for display. */
function adoptionText(
  { system, environment, release, steps }: FoundSteps,
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

const THERE = {
  history: "there: the table of the tool that was used before says so",
  probe: "there: its probe finds it",
  verify: "there: its verify queries hold",
} as const;

function describeState({ state, by, effectless }: FoundStep): string {
  switch (state) {
    case "there":
      return THERE[by ?? "verify"];
    case "recorded":
      return "in the ledger already";
    case "absent":
      return effectless ? "not there: an apply runs it; it changes nothing" : "not there: an apply runs it";
    case "unknown":
      return "could not be determined";
  }
}
