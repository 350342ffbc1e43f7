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
   * File for what is to be reviewed, relative to the project's folder: digests of everything that is planned, no
   * values. Pass it to `apply` as `reviewed`, possibly on another machine.
   * @default - none is written
   */
  readonly review?: string;
}

/** A saved plan. */
export interface Plan {
  readonly system: string;
  readonly environment: string;
  readonly release: string;
  /** Whether an apply would change anything. */
  readonly changes: boolean;
  /** The full report on the plan: resources, steps, proof, gates. */
  readonly report: PromotionReport;
  /** Path of Terraform's own plan. */
  readonly file: string;
  /**
   * Why an apply would refuse the plan. Absent if it would not. Gates that need an attestation are `open` in the
   * report.
   */
  readonly refusal?: RefusedError;
  /** @internal */
  readonly saved: SavedPlan;
}

/**
 * Plans a stack, compares the plan with what the previous environment proved, evaluates the gates, and saves the plan
 * for `apply`. What a gate refuses is part of the result.
 *
 * @throws SternaError what `openStack` throws, `TerraformMissing`, `TerraformFailed`, `Interrupted`, `FileUnwritable`
 * @throws RefusedError what Sterna's provider refuses: an edited step, an unproved step; `RecordsBroken`
 */
export async function plan(toolkit: Toolkit, options: PlanOptions): Promise<Plan> {
  return planStack(toolkit, await openStack(toolkit, options), options.review);
}

/** Plans a stack that is already synthesized. */
export async function planStack(toolkit: Toolkit, stack: SynthesizedSystem, review?: string): Promise<Plan> {
  const { project, surroundings, terminal } = toolkit;
  const made = await makePlan(project, stack, surroundings, terminal);
  if (review !== undefined) writeReviewFile(project, review, reviewMade(stack, made));
  return describePlan(toolkit, made);
}

/** The report on a plan. */
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
 * Formats the report on a plan as text, Markdown, JSON or a single HTML page, in pieces: a large one may exceed the
 * maximum length of a string.
 */
export function formatPlan({ report }: Pick<Plan, "report">, format: ReportFormat): Iterable<string> {
  return reportChunks(report, format, PLAIN);
}
