import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { RefusedError, SternaError } from "../core/errors";
import { readPins } from "../manifest/pins-file";
import { HISTORY_GATE } from "../promotion/gates/history-gate";
import { judgeGates, requirePassed } from "../promotion/gates/judge-gates";
import { proofGateNow } from "../promotion/gates/proof-gate";
import { changedParts } from "../promotion/plan/plan-summary";
import type { SynthesizedSystem } from "../promotion/plan/synthesized-steps";
import type { PromotionReport } from "../promotion/promotion-report";
import type { NewApplyRecord } from "../promotion/records/apply-record";
import { describePlan, type Plan } from "./plan";
import type { Project } from "./project/project";
import { allRecords, lastRecord } from "./project/records";
import { discardPlan, planFiles, planParts, readSavedPlan, type SavedPlan } from "./project/saved-plan";
import { findSystem, readSynthesis } from "./project/stacks";
import { applyPlan, type AppliedPlan } from "./terraform/apply-plan";
import { lostIntents } from "./terraform/complete-record";
import { describeDiagnostic, terraformFailure } from "./terraform/diagnostics";
import { judgeSaved, makePlan } from "./terraform/make-plan";
import { readReviewFile, requireReviewed, reviewMade, takeReviewedProviders } from "./terraform/review-plan";
import { openStack, type StackOptions, type Toolkit } from "./toolkit";

/** Options of `apply`. */
export interface ApplyOptions extends StackOptions {
  /**
   * Approves a plan that is made because there is no saved one. `true` approves everything, even in a protected
   * environment. A function approves the plan that it receives, but nothing in a protected environment.
   * @default - none: without a saved plan, nothing is applied
   */
  readonly approve?: true | ((plan: Plan) => Promise<boolean>);

  /**
   * File from the `review` option of `plan`, relative to the project's folder. The stack is planned again, and applied
   * only if the plan matches the review.
   * @default - the saved plan is applied
   */
  readonly reviewed?: string;

  /**
   * Called with a plan made for this apply, before anything is refused or approved.
   * @default - not called
   */
  readonly onPlan?: (plan: Plan) => Promise<void> | void;
}

/** Result of an apply. */
export interface Application {
  /** `false` if the plan was not approved. It stays saved. */
  readonly applied: boolean;
  /** The record of the apply. Absent if nothing was applied. */
  readonly record?: NewApplyRecord;
  /**
   * Location of the record: a path relative to the project's folder, or an object in a bucket. Absent if none was
   * written.
   */
  readonly recordFile?: string;
}

/** Inspects a stack before it is planned or applied. */
type Preparation = (stack: SynthesizedSystem) => Promise<void>;

/**
 * Applies what was reviewed, otherwise the saved plan exactly as it was saved. Without either, plans, asks and applies.
 *
 * @throws RefusedError what the gates refuse; `PlanChanged`, `PlanNotReviewed`, `ApprovalMissing`
 * @throws SternaError what `plan` throws; `TerraformFailed`, `Interrupted` with the progress
 */
export function apply(toolkit: Toolkit, options: ApplyOptions): Promise<Application> {
  return applyPrepared(toolkit, options, async () => undefined);
}

/** Works like `apply`, after inspecting the stack. */
export async function applyPrepared(
  toolkit: Toolkit,
  options: ApplyOptions,
  prepare: Preparation,
): Promise<Application> {
  const { project, terminal } = toolkit;
  const files = planFiles(project, `${options.system}-${options.environment}`);
  const saved = readSavedPlan(files);
  if (saved === undefined || options.reviewed !== undefined) return planAndApply(toolkit, options, prepare);
  if (!(await isConsumed(project, saved))) return applySaved(toolkit, saved, options, prepare);
  discardPlan(files);
  terminal.report(
    `the saved plan of ${saved.plannedAt} was given to Terraform by an apply that was stopped before it could say how that ended; planning again`,
  );
  return planAndApply(toolkit, options, prepare, true);
}

/** Terraform accepts a plan only once. A killed apply leaves the plan behind, next to its intent. */
async function isConsumed(project: Project, { stack, digest }: SavedPlan): Promise<boolean> {
  const lost = await lostIntents(project, stack);
  return lost.some(({ record, log }) => record.plan === digest && existsSync(join(project.directory, log)));
}

/** Nothing is synthesized: the files are those that were reviewed. */
async function applySaved(
  toolkit: Toolkit,
  saved: SavedPlan,
  { approve }: ApplyOptions,
  prepare: Preparation,
): Promise<Application> {
  const { project, surroundings, terminal } = toolkit;
  const system = findSystem(readSynthesis(project), saved.system, saved.environment);
  await prepare(system);
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
  // Whoever can write the plan's file could also write into it that the plan is allowed.
  const judged = await judgeSaved(project, system, saved, surroundings, terminal);
  await requireGates(project, system, judged.saved);
  terminal.report(`applying the plan of ${saved.plannedAt}: ${saved.stack}, release ${saved.release}`);
  return finish(await applyPlan(project, system, judged, surroundings, terminal), toolkit, approve);
}

/** @param goesOn from an apply that was stopped: if nothing remains to do, there is nothing to approve */
async function planAndApply(
  toolkit: Toolkit,
  options: ApplyOptions,
  prepare: Preparation,
  goesOn = false,
): Promise<Application> {
  const { project, surroundings, terminal } = toolkit;
  const { approve, reviewed, onPlan } = options;
  const review = reviewed === undefined ? undefined : readReviewFile(project, reviewed);
  const approved = approve === true || review !== undefined;
  const system = await openStack(toolkit, options);
  await prepare(system);
  if (!approved && !goesOn) refuseUnapproved(system, approve !== undefined);
  if (review !== undefined) takeReviewedProviders(review, system);
  const made = await makePlan(project, system, surroundings, terminal);
  const { saved } = made;
  const plan = describePlan(toolkit, made);
  await onPlan?.(plan);
  if (!approved && plan.changes) {
    try {
      refuseUnapproved(system, approve !== undefined);
    } catch (error) {
      // A plan that stays would be mistaken for a reviewed one.
      discardPlan(planFiles(project, system.stack));
      throw error;
    }
  }
  if (review !== undefined) requireReviewed(project, review, reviewMade(system, made));
  await requireGates(project, system, saved);
  if (plan.changes && !approved) {
    if (typeof approve !== "function" || !(await approve(plan))) return { applied: false };
    // A maintenance window or a waiver may have ended during the question.
    await requireGates(project, system, saved);
  }
  return finish(await applyPlan(project, system, made, surroundings, terminal), toolkit, approve);
}

function refuseUnapproved(
  { system, environment, protected: isProtected }: SynthesizedSystem,
  somebodyIsAsked: boolean,
): void {
  const plan = `sterna plan ${system} ${environment}`;
  if (isProtected) {
    throw new RefusedError(
      "PlanNotReviewed",
      `${environment} is protected and there is no saved plan: run \`${plan}\`, have it reviewed, and apply again; or add --auto-approve`,
    );
  }
  if (!somebodyIsAsked) {
    throw new RefusedError(
      "ApprovalMissing",
      `there is no saved plan, and no terminal to ask on: run \`${plan}\` first, or add --auto-approve`,
    );
  }
}

/** Reports the result, and what to do next. */
function finish(
  { record, file, diagnostics, otherOutput }: AppliedPlan,
  { project, terminal }: Toolkit,
  approve: ApplyOptions["approve"],
): Application {
  const { system, environment, steps, result } = record;
  if (result === "applied") return { applied: true, record, ...(file === undefined ? {} : { recordFile: file }) };
  const next = steps.find(({ status }) => status === "failed") ?? steps.find(({ status }) => status === "pending");
  const resume = next === undefined ? "it goes on where it stopped" : `it resumes at ${next.id}`;
  const log = next && join(project.workspace, "logs", record.stack, `${next.id}.log`);
  const output = log !== undefined && existsSync(log) ? ` All that it said: ${relative(project.directory, log)}` : "";
  const command = `sterna apply ${system} ${environment}`;
  // The plan is used up. Without a way to ask, an apply without a plan is refused.
  const again =
    typeof approve === "function"
      ? `\`${command}\` again`
      : `\`sterna plan ${system} ${environment}\`, then \`${command}\``;
  const advice = `Run ${again}: ${resume}.${output}`;
  if (result === "interrupted") {
    throw new SternaError("Interrupted", `the apply was interrupted; ${describeSteps(record)}. ${advice}`);
  }
  const failure = terraformFailure("terraform apply", { diagnostics, otherOutput, interrupts: 0 }, record);
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
 * Checks all conditions for applying a plan.
 *
 * @throws RefusedError what the gates refuse
 */
export async function requireGates(
  project: Project,
  system: SynthesizedSystem,
  { summary, report }: Pick<SavedPlan, "summary" | "report">,
): Promise<void> {
  const last = await lastRecord(project, system.stack);
  const proof = proofGateNow(report, new Date());
  const history = report.gates.filter(({ id }) => id === HISTORY_GATE);
  const results = judgeGates(project, { moment: "apply", system, plan: summary, last, history, proof });
  requirePassed(results, system, "nothing was applied", report);
}

/**
 * Whether the previous environment applied something since a plan was judged.
 *
 * @throws RefusedError `RecordsBroken`
 */
async function hasNewRecords(project: Project, { system, proof }: PromotionReport): Promise<boolean> {
  if (proof === undefined) return false;
  const records = await allRecords(project, `${system}-${proof.environment}`);
  return records.at(-1)?.digest !== proof.records.at(-1);
}
