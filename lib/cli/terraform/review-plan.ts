import { RefusedError } from "../../promotion/refused-error";
import { reviewOf, unreviewed, type PlanReview } from "../../promotion/review";
import { readDifferences } from "../project/environment-differences";
import { variablesOf } from "../project/environment-variables";
import type { Project } from "../project/project";
import { providersOf } from "../project/review-file";
import { discardPlan, PLAN_FILE, planFiles, type SavedPlan } from "../project/saved-plan";
import type { SynthesizedSystem } from "../project/stacks";
import type { Surroundings } from "../surroundings";
import type { Terminal } from "../terminal";
import { readPlan } from "./make-plan";
import { Terraform } from "./terraform";

const MOST_LINES = 20;

/** Says what there is to agree to in a plan that was just saved. */
export async function reviewSaved(
  project: Project,
  system: SynthesizedSystem,
  saved: SavedPlan,
  surroundings: Surroundings,
  terminal: Terminal,
): Promise<PlanReview> {
  const variables = variablesOf(project, system.environment, surroundings.environment);
  const terraform = new Terraform(system.directory, variables, terminal, system);
  const { declared } = readDifferences(project, system.system, system.environment);
  const { plan: file } = planFiles(project, system.stack);
  const plan = await readPlan(terraform, file, { differences: declared, fingerprints: () => true });
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
