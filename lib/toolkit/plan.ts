import type { RefusedError } from "../core/errors";
import { reportChunks, type ReportFormat } from "../promotion/format-report";
import { refusalOf } from "../promotion/gates/judge-gates";
import type { SynthesizedSystem } from "../promotion/plan/synthesized-steps";
import type { PromotionReport } from "../promotion/promotion-report";
import { planFiles, type SavedPlan } from "./project/saved-plan";
import { PLAIN } from "./reporter";
import { makePlan, type MadePlan } from "./terraform/make-plan";
import { reviewMade, writeReviewFile } from "./terraform/review-plan";
import { openStack, type StackOptions, type Toolkit } from "./toolkit";

/** Options of `plan`. */
export interface PlanOptions extends StackOptions {
  /**
   * File, from the project's folder, for what there is to agree to: digests of all that is planned, no values. `apply`
   * takes it as `reviewed`, also on another machine.
   * @default - none is written
   */
  readonly review?: string;
}

/** A plan that was made and saved. */
export interface Plan {
  readonly system: string;
  readonly environment: string;
  readonly release: string;
  /** Whether an apply would do anything. */
  readonly changes: boolean;
  /** All that is known about the plan: resources, steps, proof, gates. */
  readonly report: PromotionReport;
  /** Path of Terraform's own plan. */
  readonly file: string;
  /** Why an apply would refuse the plan; absent when it would not. Gates that wait for an attestation are `open` in the report. */
  readonly refusal?: RefusedError;
  /** @internal */
  readonly saved: SavedPlan;
}

/**
 * Plans a stack, sets the plan beside what the environment before proved, asks the gates, and saves the plan for `apply`.
 * What a gate refuses is part of the answer.
 *
 * @throws SternaError what `openStack` throws, `TerraformMissing`, `TerraformFailed`, `Interrupted`, `FileUnwritable`
 * @throws RefusedError what Sterna's provider refuses: an edited step, a step that was not proved; `RecordsBroken`
 */
export async function plan(toolkit: Toolkit, options: PlanOptions): Promise<Plan> {
  return planStack(toolkit, await openStack(toolkit, options), options.review);
}

/** Plans a stack that was synthesized already. */
export async function planStack(toolkit: Toolkit, stack: SynthesizedSystem, review?: string): Promise<Plan> {
  const { project, surroundings, terminal } = toolkit;
  const made = await makePlan(project, stack, surroundings, terminal);
  if (review !== undefined) writeReviewFile(project, review, reviewMade(stack, made));
  return describePlan(toolkit, made);
}

/** What is reported of a plan that was made. */
export function describePlan({ project }: Toolkit, { saved }: MadePlan): Plan {
  const { report } = saved;
  const refusal = refusalOf(report);
  return {
    system: saved.system,
    environment: saved.environment,
    release: saved.release,
    changes: report.changes,
    report,
    file: planFiles(project, saved.stack).plan,
    ...(refusal === undefined ? {} : { refusal }),
    saved,
  };
}

/**
 * The report on a plan as text, Markdown, JSON or one HTML page, piece by piece: the whole of a large one may be longer
 * than a string can be.
 */
export function formatPlan({ report }: Pick<Plan, "report">, format: ReportFormat): Iterable<string> {
  return reportChunks(report, format, PLAIN);
}
