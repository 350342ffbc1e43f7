import { Option, type Command } from "commander";
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { SternaError } from "../../core/errors";
import { RefusedError } from "../../core/refused-error";
import { readPins } from "../../manifest/pins-file";
import { requireEvidence } from "../../promotion/gates/evidence-gates";
import { requireAllowed, courseTo } from "../../promotion/gates/gate-results";
import { requireWindow, requirePlan } from "../../promotion/gates/plan-gates";
import { requireLegalMove } from "../../promotion/gates/release-gates";
import { changedParts, type PlanSummary } from "../../promotion/plan/plan-summary";
import { counted } from "../../promotion/report/outline";
import { recoverPins } from "../../toolkit/project/change-pin";
import { openProject, type Project } from "../../toolkit/project/project";
import { lastRecord, allRecords } from "../../toolkit/project/records";
import { planFiles, planParts, readSavedPlan, type SavedPlan } from "../../toolkit/project/saved-plan";
import { findSystem, readSynthesis } from "../../toolkit/project/stacks";
import { type SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { synthesize } from "../../toolkit/project/synthesize";
import { applyPlan, type AppliedPlan } from "../../toolkit/terraform/apply-plan";
import { describeDiagnostic, terraformFailure } from "../../toolkit/terraform/diagnostics";
import { makePlan } from "../../toolkit/terraform/make-plan";
import {
  readReviewFile,
  takeReviewedProviders,
  requireReviewed,
  reviewMade,
} from "../../toolkit/terraform/review-plan";
import { EXIT_STATUS, type ExitStatus, newCommand, type CommandContext, type CommandRunner } from "../terminal/command";
import type { CommonOptions } from "../terminal/terminal";
import { showPlan } from "./plan";
import type { PromotionReport } from "../../promotion/promotion-report";

export interface ApplyOptions extends CommonOptions {
  readonly autoApprove?: boolean;
}

interface ApplyCommandOptions extends ApplyOptions {
  readonly reviewed?: string;
}

export function applyCommand(run: CommandRunner): Command {
  return newCommand("apply", "apply the saved plan, exactly as it was reviewed", {
    "sterna apply app-ef staging": "the saved plan; without one, plans and asks",
    "sterna apply app-ef staging --auto-approve": "without one, plans and applies without asking",
    "sterna apply app-ef staging --reviewed review.json": "plans again, and applies what was reviewed, or nothing",
  })
    .argument("<system>", "system, such as app-ef")
    .argument("<environment>", "environment, such as staging")
    .option("--auto-approve", "apply without a saved plan and without asking, also in a protected environment")
    .addOption(
      new Option("--reviewed <file>", "apply only what is in this file of `sterna plan --review`").conflicts(
        "autoApprove",
      ),
    )
    .action((system: string, environment: string, { autoApprove = false, reviewed, ...options }: ApplyCommandOptions) =>
      run(options, (context) => applyOrPlan({ system, environment, autoApprove, reviewed }, context)),
    );
}

/** What an apply is asked for. */
export interface WantedApply {
  readonly system: string;
  readonly environment: string;
  readonly autoApprove: boolean;
  /** File that says what was reviewed; the plan is made anew, and compared with it. */
  readonly reviewed?: string | undefined;
}

/** Looks at a stack before it is planned or applied; what it returns is told with the result. */
export type Preparation = (project: Project, system: SynthesizedSystem) => Promise<Readonly<Record<string, unknown>>>;

/** Applies what was reviewed, else the saved plan; without one, plans, asks and applies. */
export async function applyOrPlan(
  wanted: WantedApply,
  context: CommandContext,
  prepare: Preparation = async () => ({}),
): Promise<ExitStatus> {
  const project = openProject(context.surroundings.directory);
  recoverPins(project);
  const saved = readSavedPlan(planFiles(project, `${wanted.system}-${wanted.environment}`));
  return saved === undefined || wanted.reviewed !== undefined
    ? planAndApply(project, wanted, context, prepare)
    : applySaved(project, saved, context, prepare);
}

/** Nothing is synthesized: what was reviewed is what is there. */
async function applySaved(
  project: Project,
  saved: SavedPlan,
  context: CommandContext,
  prepare: Preparation,
): Promise<ExitStatus> {
  const system = findSystem(readSynthesis(project), saved.system, saved.environment);
  const facts = await prepare(project, system);
  const changed = changedParts(saved.parts, planParts(project, planFiles(project, saved.stack), system.directory));
  const pinned = readPins(project.pinsFile).pins[saved.system]?.[saved.environment];
  if (pinned !== saved.release) changed.push("the pin in releases.json");
  if (await hasNewRecords(project, saved.report)) changed.push(`what ${saved.report.proof!.environment} applied`);
  if (changed.length > 0) {
    throw new RefusedError(
      "PlanChanged",
      `the saved plan of ${saved.stack} (release ${saved.release}, made ${saved.plannedAt}) is not to be applied: ` +
        `${changed.join(", ")} changed since. Run \`sterna plan ${saved.system} ${saved.environment}\` and look again.`,
    );
  }
  requireAllowed(saved.report);
  await requireGates(project, system, saved.summary);
  context.terminal.report(`applying the plan of ${saved.plannedAt}: ${saved.stack}, release ${saved.release}`);
  const applied = await applyPlan(project, system, saved, context.surroundings, context.terminal);
  return finish(applied, project, context, facts);
}

async function planAndApply(
  project: Project,
  wanted: WantedApply,
  context: CommandContext,
  prepare: Preparation,
): Promise<ExitStatus> {
  const { surroundings, terminal } = context;
  const review = wanted.reviewed === undefined ? undefined : readReviewFile(project, wanted.reviewed);
  const approved = wanted.autoApprove || review !== undefined;
  const synthesis = await synthesize(project, surroundings.environment, terminal);
  const system = findSystem(synthesis, wanted.system, wanted.environment);
  const facts = await prepare(project, system);
  if (!approved) refuseUnapproved(system, terminal.interactive);
  if (review !== undefined) takeReviewedProviders(review, system);
  const made = await makePlan(project, system, surroundings, terminal);
  const { saved } = made;
  await showPlan(saved, context);
  if (review !== undefined) requireReviewed(project, review, reviewMade(system, made));
  requireAllowed(saved.report);
  await requireGates(project, system, saved.summary);
  if (saved.summary.changes && !approved) {
    if (!(await terminal.confirm(`\nApply this to ${system.environment}?`))) {
      terminal.print("Nothing was applied. The plan stays saved.");
      return EXIT_STATUS.changes;
    }
  }
  return finish(await applyPlan(project, system, saved, surroundings, terminal), project, context, facts);
}

function refuseUnapproved(
  { system, environment, protected: isProtected }: SynthesizedSystem,
  interactive: boolean,
): void {
  const plan = `sterna plan ${system} ${environment}`;
  if (isProtected) {
    throw new RefusedError(
      "PlanNotReviewed",
      `${environment} is protected and there is no saved plan: run \`${plan}\`, have it reviewed, and apply again; or add --auto-approve`,
    );
  }
  if (!interactive) {
    throw new RefusedError(
      "ApprovalMissing",
      `there is no saved plan, and no terminal to ask on: run \`${plan}\` first, or add --auto-approve`,
    );
  }
}

/** Says how it went, and what to do next. */
function finish(
  applied: AppliedPlan,
  project: Project,
  { terminal }: CommandContext,
  facts: Readonly<Record<string, unknown>>,
): ExitStatus {
  const { record, file, diagnostics, otherOutput } = applied;
  const { system, environment, release, steps, result } = record;
  if (result === "applied") {
    const done = steps.filter(({ status }) => status === "done").length;
    terminal.printJson({ ...facts, ...record, record: file });
    terminal.print(
      `${system} in ${environment} runs release ${release}${done === 0 ? "" : `; ${counted(done, "step")} done`}.`,
    );
    if (file !== undefined) terminal.print(`Record: ${file}`);
    return EXIT_STATUS.done;
  }
  const next = steps.find(({ status }) => status === "failed") ?? steps.find(({ status }) => status === "pending");
  const resume = next === undefined ? "it goes on where it stopped" : `it resumes at ${next.id}`;
  const log = next && join(project.workspace, "logs", record.stack, `${next.id}.log`);
  const output = log !== undefined && existsSync(log) ? ` All that it said: ${relative(project.directory, log)}` : "";
  const advice = `Run \`sterna apply ${system} ${environment}\` again: ${resume}.${output}`;
  if (result === "interrupted") {
    throw new SternaError("Interrupted", `the apply was interrupted; ${describeSteps(record)}. ${advice}`);
  }
  const failure = terraformFailure("terraform apply", { diagnostics, otherOutput, interrupts: 0 });
  for (const warning of terminal.verbose ? diagnostics : []) terminal.report(describeDiagnostic(warning));
  const message = `${failure.message}\n${describeSteps(record)}. ${advice}`;
  throw failure instanceof RefusedError
    ? new RefusedError(failure.code, message)
    : new SternaError(failure.code, message);
}

function describeSteps({ steps }: AppliedPlan["record"]): string {
  const count = (status: string) => steps.filter((step) => step.status === status).length;
  return `${count("done")} of ${steps.length} steps done, ${count("failed")} failed, ${count("pending")} not reached`;
}

/**
 * Everything that has to hold before a plan is applied.
 *
 * @throws RefusedError what the gates refuse
 */
export async function requireGates(project: Project, system: SynthesizedSystem, plan: PlanSummary): Promise<void> {
  if (!plan.changes) return;
  const last = await lastRecord(project, system.stack);
  if (last?.result === "applied") requireLegalMove(system, last.release, system.release);
  requirePlan(system, plan);
  const { goesBack, finishes } = courseTo(system.release, last);
  if (goesBack) return;
  requireEvidence(project, system, "pre", "nothing was applied");
  if (!finishes) requireWindow(system);
}

/**
 * Whether the environment before applied something since a plan was judged.
 *
 * @throws RefusedError `RecordsBroken`
 */
export async function hasNewRecords(project: Project, { system, proof }: PromotionReport): Promise<boolean> {
  if (proof === undefined) return false;
  const records = await allRecords(project, `${system}-${proof.environment}`);
  return records.at(-1)?.digest !== proof.records.at(-1);
}
