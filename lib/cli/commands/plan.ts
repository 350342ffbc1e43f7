import { Option, type Command } from "commander";
import { relative } from "node:path";
import pc from "picocolors";
import { REPORT_FORMATS, reportChunks, type ReportFormat, jsonChunks } from "../../promotion/format-report";
import { EXIT_STATUS, type ExitStatus, newCommand, type CommandContext, type CommandRunner } from "../terminal/command";
import { refusalOf } from "../../promotion/gates/gate-results";
import { recoverPins } from "../../toolkit/project/change-pin";
import { openProject, type Project } from "../../toolkit/project/project";
import { writeReviewFile, reviewMade } from "../../toolkit/terraform/review-plan";
import { planFiles, type SavedPlan } from "../../toolkit/project/saved-plan";
import { findSystem } from "../../toolkit/project/stacks";
import { type SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { synthesize } from "../../toolkit/project/synthesize";
import { wantedFormat, writeReport, type ReportOptions } from "./report";
import type { CommonOptions } from "../terminal/terminal";
import { makePlan } from "../../toolkit/terraform/make-plan";

/** A file is no terminal. */
const PLAIN = pc.createColors(false);

/** What a plan leaves besides itself. */
interface PlanOutput extends ReportOptions<ReportFormat> {
  /** File for what there is to agree to, from the project's folder. */
  readonly review?: string;
}

interface PlanOptions extends CommonOptions, PlanOutput {}

export function planCommand(run: CommandRunner): Command {
  return newCommand("plan", "show what an apply would do, and save the plan for it", {
    "sterna plan app-ef staging": "synthesize, plan, show, save",
    "sterna plan app-ef staging --json": "the same for a pipeline; exit status 2 when there are changes",
    "sterna plan app-ef staging --format markdown": "a report, short enough for a comment on a pull request",
    "sterna plan app-ef staging --out plan.html": "a page beside the text",
    "sterna plan app-ef staging --review review.json": "for `sterna apply --reviewed` on another machine",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as staging")
    .addOption(
      new Option("--format <format>", "print a report in this form (default: by the ending of --out)").choices([
        ...REPORT_FORMATS,
      ]),
    )
    .option("--out <file>", "write the report to this file, beside what is printed")
    .option("--review <file>", "write what there is to agree to: digests of all that is planned, no values")
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
  options: PlanOutput = {},
): Promise<ExitStatus> {
  const { terminal } = context;
  const made = await makePlan(project, system, context.surroundings, terminal);
  const { saved } = made;
  const { report } = saved;
  if (options.review !== undefined) writeReviewFile(project, options.review, reviewMade(system, made));
  const format = wantedFormat(options, REPORT_FORMATS);
  if (options.out !== undefined) await writeReport(reportChunks(report, format ?? "text", PLAIN), options.out, context);
  const refusal = refusalOf(report);
  if (options.out === undefined && format !== undefined) {
    await writeReport(reportChunks(report, format, terminal.colors), undefined, context);
  } else if (terminal.json) {
    const error = refusal && { code: refusal.code, message: refusal.message };
    await terminal.write(jsonDocument({ ...facts, ...planFacts(project, saved), ...(error && { error }) }));
    return refusal === undefined ? statusOf(saved) : EXIT_STATUS.refused;
  } else {
    await showPlan(saved, context);
    if (refusal === undefined && report.changes) showNext(saved, context);
  }
  if (refusal !== undefined) throw refusal;
  return statusOf(saved);
}

/** Shows a plan to people. */
export async function showPlan({ report }: SavedPlan, { terminal }: CommandContext): Promise<void> {
  if (!terminal.json) await terminal.write(reportChunks(report, "text", terminal.colors));
}

function showNext({ system, environment }: SavedPlan, { terminal }: CommandContext): void {
  const command = terminal.colors.bold(`sterna apply ${system} ${environment}`);
  terminal.print(`\nThe plan is saved. Apply exactly this plan with:  ${command}`);
}

function statusOf({ report }: SavedPlan): ExitStatus {
  return report.changes ? EXIT_STATUS.changes : EXIT_STATUS.done;
}

function planFacts(project: Project, saved: SavedPlan) {
  const { summary, parts: _parts, version: _version, ...facts } = saved;
  const withoutProgram = <Step extends { program?: string }>({ program: _program, ...step }: Step) => step;
  return {
    ...facts,
    ...summary,
    steps: summary.steps.map(withoutProgram),
    rollbacks: summary.rollbacks.map(withoutProgram),
    plan: relative(project.directory, planFiles(project, saved.stack).plan),
  };
}

function* jsonDocument(value: unknown): Generator<string> {
  yield* jsonChunks(value);
  yield "\n";
}
