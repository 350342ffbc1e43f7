import { RefusedError } from "../../promotion/refused-error";
import { reviewOf, unreviewed, type PlanReview } from "../../promotion/review";
import type { Project } from "../project/project";
import { providersOf } from "../project/review-file";
import { discardPlan, PLAN_FILE, planFiles } from "../project/saved-plan";
import type { SynthesizedSystem } from "../project/stacks";
import type { MadePlan } from "./make-plan";

const MOST_LINES = 20;

/** Says what there is to agree to in a plan. */
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
 * Lets a saved plan through that does nothing which was not reviewed. Another one is not kept.
 *
 * @throws RefusedError `PlanChanged` with what differs
 */
export function requireReviewed(project: Project, review: PlanReview, now: PlanReview): void {
  const found = unreviewed(review, now);
  if (found.length === 0) return;
  discardPlan(planFiles(project, now.stack));
  const more = found.length > MOST_LINES ? [`and ${found.length - MOST_LINES} more`] : [];
  throw new RefusedError(
    "PlanChanged",
    `what would be applied to ${now.stack} is not what was reviewed (${review.plannedAt}):\n` +
      [...found.slice(0, MOST_LINES), ...more].map((line) => `  ${line}\n`).join("") +
      `Plan ${now.system} in ${now.environment} again, and have that reviewed.`,
  );
}
