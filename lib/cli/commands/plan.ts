import { Option, type Command } from "commander";
import { relative } from "node:path";
import { REPORT_FORMATS, reportChunks, type ReportFormat, jsonChunks } from "../../promotion/format-report";
import { formatPlan, plan, type Plan } from "../../toolkit/plan";
import { EXIT_STATUS, type ExitStatus, type CommandContext, type CommandRunner } from "../terminal/command";
import { addLockTimeout, type LockOptions } from "../terminal/lock-timeout";
import { stackCommand } from "../terminal/stack-command";
import type { CommonOptions } from "../terminal/terminal";
import { wantedFormat, writeReport, type ReportOptions } from "./report";

interface PlanOptions extends CommonOptions, LockOptions, ReportOptions<ReportFormat> {
  readonly review?: string;
}

export function planCommand(run: CommandRunner): Command {
  const examples = {
    "sterna plan app-ef staging": "synthesize, plan, show, save",
    "sterna plan app-ef staging --json": "the same for a pipeline; exit status 2 when there are changes",
    "sterna plan app-ef staging --format markdown": "a report, short enough for a comment on a pull request",
    "sterna plan app-ef staging --out plan.html": "a page beside the text",
    "sterna plan app-ef staging --review review.json": "for `sterna apply --reviewed` on another machine",
  };
  const head = ["plan", "show what an apply would do, and save the plan for it", examples] as const;
  const command = stackCommand<PlanOptions>(run, [...head], async (stack, { review, ...options }, context) => {
    const made = await plan(context.toolkit, { ...stack, ...(review === undefined ? {} : { review }) });
    return showPlanned(made, context, {}, options);
  })
    .addOption(
      new Option("--format <format>", "print a report in this form (default: by the ending of --out)").choices([
        ...REPORT_FORMATS,
      ]),
    )
    .option("--out <file>", "write the report to this file, beside what is printed")
    .option("--review <file>", "write a file for a review: digests of all planned changes, no values");
  return addLockTimeout(command);
}

/**
 * Shows a plan made by a command, and the next step.
 *
 * @param facts further output of the command
 * @throws RefusedError what a gate refuses, after the plan is shown
 */
export async function showPlanned(
  made: Plan,
  context: CommandContext,
  facts: Readonly<Record<string, unknown>> = {},
  options: ReportOptions<ReportFormat> = {},
): Promise<ExitStatus> {
  const { terminal } = context;
  const { report, refusal, changes } = made;
  const status = changes ? EXIT_STATUS.changes : EXIT_STATUS.done;
  const format = wantedFormat(options, REPORT_FORMATS);
  if (options.out !== undefined) await writeReport(formatPlan(made, format ?? "text"), options.out, context);
  if (options.out === undefined && format !== undefined) {
    await writeReport(reportChunks(report, format, terminal.colors), undefined, context);
  } else if (terminal.json) {
    const error = refusal && { code: refusal.code, message: refusal.message };
    await terminal.write(jsonDocument({ ...facts, ...planFacts(made, context), ...(error && { error }) }));
    return refusal === undefined ? status : EXIT_STATUS.refused;
  } else {
    await showPlan(made, context);
    if (refusal === undefined && changes) showNext(made, context);
  }
  if (refusal !== undefined) throw refusal;
  return status;
}

/** Prints a plan for people. */
export async function showPlan({ report }: Plan, { terminal }: CommandContext): Promise<void> {
  if (!terminal.json) await terminal.write(reportChunks(report, "text", terminal.colors));
}

function showNext({ system, environment }: Plan, { terminal }: CommandContext): void {
  const command = terminal.colors.bold(`sterna apply ${system} ${environment}`);
  terminal.print(`\nThe plan is saved. Apply exactly this plan with:  ${command}`);
}

function planFacts({ saved, file }: Plan, { surroundings }: CommandContext) {
  const { summary, parts: _parts, version: _version, ...facts } = saved;
  const withoutProgram = <Step extends { program?: string }>({ program: _program, ...step }: Step) => step;
  return {
    ...facts,
    ...summary,
    steps: summary.steps.map(withoutProgram),
    rollbacks: summary.rollbacks.map(withoutProgram),
    plan: relative(surroundings.directory, file),
  };
}

function* jsonDocument(value: unknown): Generator<string> {
  yield* jsonChunks(value);
  yield "\n";
}
