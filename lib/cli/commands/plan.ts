import type { Command } from "commander";
import { relative } from "node:path";
import { EXIT_STATUS, type ExitStatus } from "../exit-status";
import { recoverPins } from "../project/change-pin";
import { openProject, type Project } from "../project/project";
import { planFiles } from "../project/saved-plan";
import { findSystem, type SynthesizedSystem } from "../project/stacks";
import { synthesize } from "../project/synthesize";
import type { CommonOptions } from "../terminal";
import { describeDiagnostic } from "../terraform/failure";
import { isAdoption, makePlan, type MadePlan } from "../terraform/make-plan";
import { planText } from "../text/plan-text";
import { newCommand, type CommandContext, type CommandRunner } from "./command";

export function planCommand(run: CommandRunner): Command {
  return newCommand("plan", "show what an apply would do, and save the plan for it", {
    "sterna plan app-ef staging": "synthesize, plan, show, save",
    "sterna plan app-ef staging --json": "the same for a pipeline; exit status 2 when there are changes",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as staging")
    .action((system: string, environment: string, options: CommonOptions) =>
      run(options, async (context) => {
        const project = openProject(context.surroundings.directory);
        recoverPins(project);
        const synthesis = await synthesize(project, context.surroundings.environment, context.terminal);
        return planAndShow(project, findSystem(synthesis, system, environment), context);
      }),
    );
}

/** Plans a stack, saves the plan, and shows it. */
export async function planAndShow(
  project: Project,
  system: SynthesizedSystem,
  context: CommandContext,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<ExitStatus> {
  const made = await makePlan(project, system, context.surroundings, context.terminal);
  context.terminal.printJson({ ...facts, ...planFacts(project, made) });
  showPlan(made, context);
  const { summary } = made.saved;
  if (!summary.changes) {
    context.terminal.print(
      `Nothing to do: ${system.system} in ${system.environment} is as release ${system.release} wants it.`,
    );
    return EXIT_STATUS.done;
  }
  const command = `sterna apply ${system.system} ${system.environment}`;
  context.terminal.print(
    `\nThe plan is saved. Apply exactly this plan with:  ${context.terminal.colors.bold(command)}`,
  );
  return EXIT_STATUS.changes;
}

/** Prints a plan for people. */
export function showPlan({ saved, warnings }: MadePlan, { terminal }: CommandContext): void {
  const { bold, yellow } = terminal.colors;
  terminal.print(bold(`${saved.system} in ${saved.environment}, release ${saved.release}\n`));
  terminal.print(planText(saved.summary, terminal.colors));
  const told = new Set(saved.summary.rollbacks.map(({ address }) => address));
  for (const warning of warnings) {
    if (isAdoption(warning) || told.has(warning.address ?? "")) continue;
    terminal.print(`\n${yellow("Warning:")} ${describeDiagnostic(warning)}`);
  }
}

function planFacts(project: Project, { saved, warnings }: MadePlan) {
  const { summary, parts: _parts, version: _version, ...facts } = saved;
  const withoutProgram = <Step extends { program?: string }>({ program: _program, ...step }: Step) => step;
  return {
    ...facts,
    ...summary,
    steps: summary.steps.map(withoutProgram),
    rollbacks: summary.rollbacks.map(withoutProgram),
    warnings: warnings.map(({ summary, detail, address }) => ({ summary, detail, address })),
    plan: relative(project.directory, planFiles(project, saved.stack).plan),
  };
}
