import { Option, type Command } from "commander";
import { relative } from "node:path";
import { formatReport, REPORT_FORMATS, type ReportFormat } from "../../promotion/report/format";
import { EXIT_STATUS, type ExitStatus } from "../exit-status";
import { statesOf } from "../gates/evidence-gates";
import { requirePlan } from "../gates/plan-gates";
import { refusalOf } from "../gates/report-gates";
import { recoverPins } from "../project/change-pin";
import { openProject, type Project } from "../project/project";
import { planFiles } from "../project/saved-plan";
import { findSystem, type SynthesizedSystem } from "../project/stacks";
import { synthesize } from "../project/synthesize";
import { wantedFormat, writeReport, type ReportOptions } from "../reports/report-output";
import type { CommonOptions } from "../terminal";
import { describeDiagnostic } from "../terraform/failure";
import { isAdoption, makePlan, type MadePlan } from "../terraform/make-plan";
import { openGatesLine } from "../text/gates-text";
import { planText } from "../text/plan-text";
import { newCommand, type CommandContext, type CommandRunner } from "./command";

interface PlanOptions extends CommonOptions, ReportOptions<ReportFormat> {}

export function planCommand(run: CommandRunner): Command {
  return newCommand("plan", "show what an apply would do, and save the plan for it", {
    "sterna plan app-ef staging": "synthesize, plan, show, save",
    "sterna plan app-ef staging --json": "the same for a pipeline; exit status 2 when there are changes",
    "sterna plan app-ef staging --format markdown": "a report, short enough for a comment on a pull request",
    "sterna plan app-ef staging --out plan.html": "a page beside the text",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as staging")
    .addOption(
      new Option("--format <format>", "print a report in this form (default: by the ending of --out)").choices([
        ...REPORT_FORMATS,
      ]),
    )
    .option("--out <file>", "write the report to this file, beside what is printed")
    .action((system: string, environment: string, options: PlanOptions) =>
      run(options, async (context) => {
        const project = openProject(context.surroundings.directory);
        recoverPins(project);
        const synthesis = await synthesize(project, context.surroundings.environment, context.terminal);
        return planAndShow(project, findSystem(synthesis, system, environment), context, {}, options);
      }),
    );
}

/** Plans a stack, saves the plan, and shows it. */
export async function planAndShow(
  project: Project,
  system: SynthesizedSystem,
  context: CommandContext,
  facts: Readonly<Record<string, unknown>> = {},
  report: ReportOptions<ReportFormat> = {},
): Promise<ExitStatus> {
  const made = await makePlan(project, system, context.surroundings, context.terminal);
  const format = wantedFormat(report, REPORT_FORMATS) ?? (report.out === undefined ? undefined : "text");
  if (format !== undefined) {
    writeReport(formatReport(made.saved.report, format, context.terminal.colors), report.out, context);
    if (report.out === undefined) return statusOf(system, made);
  }
  showPlan(made, context);
  const { summary } = made.saved;
  requirePlan(system, summary);
  const gates = statesOf(project, system);
  const refusal = refusalOf(made.saved.report);
  const error = refusal && { code: refusal.code, message: refusal.message };
  context.terminal.printJson({ ...facts, ...planFacts(project, made), gates, ...(error && { error }) });
  if (refusal !== undefined) {
    if (context.terminal.json) return EXIT_STATUS.refused;
    throw refusal;
  }
  if (!summary.changes) {
    context.terminal.print(
      `Nothing to do: ${system.system} in ${system.environment} is as release ${system.release} wants it.`,
    );
    return EXIT_STATUS.done;
  }
  const open = openGatesLine(gates);
  if (open !== undefined) context.terminal.print(`\n${context.terminal.colors.yellow(open)}`);
  const command = `sterna apply ${system.system} ${system.environment}`;
  context.terminal.print(
    `\nThe plan is saved. Apply exactly this plan with:  ${context.terminal.colors.bold(command)}`,
  );
  return EXIT_STATUS.changes;
}

/** @throws RefusedError when a gate refuses the plan */
function statusOf(system: SynthesizedSystem, { saved }: MadePlan): ExitStatus {
  requirePlan(system, saved.summary);
  const refusal = refusalOf(saved.report);
  if (refusal !== undefined) throw refusal;
  return saved.summary.changes ? EXIT_STATUS.changes : EXIT_STATUS.done;
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
