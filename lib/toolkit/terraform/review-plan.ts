import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readJsonFile } from "../../core/read-json-file";
import { RefusedError } from "../../core/errors";
import { someLines } from "../../core/text";
import { reviewOf, unreviewed, type PlanReview, planReview } from "../../promotion/review";
import type { Project } from "../project/project";
import { discardPlan, PLAN_FILE, planFiles } from "../project/saved-plan";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { writeWholeFile } from "../../core/replace-file";
import type { MadePlan } from "./make-plan";

const MOST_LINES = 20;

/** Describes what is to be reviewed in a plan. */
export function reviewMade(system: SynthesizedSystem, { plan, saved }: MadePlan): PlanReview {
  const { stack, environment, release, plannedAt, summary } = saved;
  const { [PLAN_FILE]: _never, ...parts } = saved.parts;
  const providers = providersOf(system);
  return reviewOf({
    stack,
    system: system.system,
    environment,
    release,
    plannedAt,
    parts,
    plan,
    summary,
    ...(providers === undefined ? {} : { providers }),
  });
}

/**
 * Accepts a saved plan if everything in it was reviewed. Otherwise the plan is discarded.
 *
 * @throws RefusedError `PlanChanged` with the differences
 */
export function requireReviewed(project: Project, review: PlanReview, now: PlanReview): void {
  const found = unreviewed(review, now);
  if (found.length === 0) return;
  discardPlan(planFiles(project, now.stack));
  throw new RefusedError(
    "PlanChanged",
    `what would be applied to ${now.stack} is not what was reviewed (${review.plannedAt}):\n` +
      someLines(found, MOST_LINES)
        .map((line) => `  ${line}\n`)
        .join("") +
      `Plan ${now.system} in ${now.environment} again, and have that reviewed.`,
  );
}

const LOCK_FILE = ".terraform.lock.hcl";
/** It contains no values, and other accounts on a pipeline's machine must be able to upload it. */
const READABLE_BY_ALL = 0o644;

/**
 * Reads a review.
 *
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `PlanUnreadable`
 */
export function readReviewFile({ directory }: Project, file: string): PlanReview {
  return readJsonFile(resolve(directory, file), planReview, "PlanUnreadable");
}

/** @throws SternaError `FileUnwritable` */
export function writeReviewFile({ directory }: Project, file: string, review: PlanReview): void {
  writeWholeFile(resolve(directory, file), `${JSON.stringify(review, undefined, 2)}\n`, { mode: READABLE_BY_ALL });
}

/** The builds of the providers that a stack was initialized with. */
function providersOf({ directory }: SynthesizedSystem): string | undefined {
  const file = join(directory, LOCK_FILE);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/**
 * Makes Terraform use the providers of the review in an uninitialized folder. Otherwise it would use the newest
 * matching ones, and the plan would differ (https://developer.hashicorp.com/terraform/language/files/dependency-lock).
 */
export function takeReviewedProviders({ providers }: PlanReview, { directory }: SynthesizedSystem): void {
  const file = join(directory, LOCK_FILE);
  if (providers !== undefined && !existsSync(file)) writeWholeFile(file, providers, { mode: READABLE_BY_ALL });
}
