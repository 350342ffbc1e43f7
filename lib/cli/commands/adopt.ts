import type { Command } from "commander";
import { SternaError } from "../../core/sterna-error";
import { RefusedError } from "../../promotion/refused-error";
import { EXIT_STATUS } from "../exit-status";
import { findApplied, type FoundStep } from "../ledgers/find-applied";
import { readOwnLedgers } from "../ledgers/system-status";
import { recoverPins } from "../project/change-pin";
import { openProject, type Project } from "../project/project";
import { findSystem, type SynthesizedSystem } from "../project/stacks";
import { synthesize } from "../project/synthesize";
import { askStack } from "../stack-worker/ask-stack";
import type { CommonOptions } from "../terminal";
import { adoptionText } from "../text/adoption-text";
import { adoptBucketCommand } from "./adopt-bucket";
import { newCommand, type CommandContext, type CommandRunner } from "./command";

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
