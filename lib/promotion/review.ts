import { z } from "zod";
import { recordedChange, recordedChanges, type RecordedChange } from "./records/apply-record";
import { areRelated } from "./plan/attribute-changes";
import type { PlanReading } from "./plan/plan-builder";
import { changedParts, type PlanSummary } from "./plan/plan-summary";
import { isSame, isUnknown, type Fingerprint } from "./plan/fingerprint";
import type { StepChange } from "./plan/step-change";

/** What happens to a step; how far an earlier attempt came is no part of it. */
const reviewedStep = z.object({ id: z.string(), action: z.string(), checksum: z.string().optional() });
type ReviewedStep = z.infer<typeof reviewedStep>;

/** Actions that only write down what is there already. */
const BOOKKEEPING = ["adopt", "describe"];
/** By action, what it may have become since the review: less, or the same after an attempt that failed. */
const MAY_BECOME: Readonly<Record<string, readonly string[]>> = {
  run: ["run", "retry", ...BOOKKEEPING],
  retry: ["run", "retry", ...BOOKKEEPING],
  adopt: BOOKKEEPING,
  describe: BOOKKEEPING,
};

/**
 * What a reviewer of a plan agreed to: enough to know the same plan again when it is made a second time, by
 * another machine. Holds digests and no values, so it may lie where a plan must not.
 */
export const planReview = z.object({
  version: z.literal(1),
  stack: z.string(),
  system: z.string(),
  environment: z.string(),
  release: z.string(),
  plannedAt: z.string(),
  /** What the plan stands on, but for Terraform's own file, which is never the same twice. */
  parts: z.record(z.string(), z.string()),
  changes: z.array(recordedChange),
  steps: z.array(reviewedStep),
  /** Text of `.terraform.lock.hcl`: which builds of the providers made the plan. */
  providers: z.string().optional(),
});
export type PlanReview = z.infer<typeof planReview>;

/** A plan that was just made. */
export interface ReviewedPlan extends Omit<PlanReview, "version" | "changes" | "steps"> {
  readonly plan: PlanReading;
  readonly summary: Pick<PlanSummary, "steps" | "rollbacks">;
}

/** Says what there is to agree to. */
export function reviewOf({ plan, summary, ...rest }: ReviewedPlan): PlanReview {
  const steps = [...summary.steps, ...summary.rollbacks].map(reviewedStepOf);
  return { version: 1, ...rest, changes: recordedChanges(plan), steps };
}

function reviewedStepOf({ id, action, checksum }: StepChange): ReviewedStep {
  return { id, action, ...(checksum === undefined ? {} : { checksum }) };
}

/**
 * What a plan has that was not reviewed, in words; empty when everything in it was.
 *
 * A plan may hold less than the review: after an apply that failed half-way, the rest was still reviewed.
 * A value that was unknown in the review may be known by then.
 */
export function unreviewed(review: PlanReview, now: PlanReview): string[] {
  const place = (["system", "environment"] as const).filter((name) => review[name] !== now[name]);
  if (place.length > 0) return [`it is of ${review.system} in ${review.environment}`];
  const parts = changedParts(review.parts, now.parts).map((name) => `${name} changed since`);
  const release = review.release === now.release ? [] : [`release ${review.release} was reviewed, not ${now.release}`];
  // What comes of another configuration needs no list.
  if (parts.length > 0 || release.length > 0) return [...release, ...parts];
  const changes = new Map(review.changes.map((change) => [change.name, change]));
  return [
    ...now.steps.flatMap((step) => unreviewedStep(review.steps, step)),
    ...now.changes.flatMap((change) => unreviewedChange(changes.get(change.name), change)),
  ];
}

function unreviewedStep(reviewed: readonly ReviewedStep[], now: ReviewedStep): string[] {
  // A step that gets another address leaves and comes under one id.
  const found = reviewed.filter(({ id }) => id === now.id).map((step) => differenceOfSteps(step, now));
  if (found.includes(undefined)) return [];
  return [found[0] ?? `step ${now.id}: ${now.action} is planned but was not reviewed`];
}

function differenceOfSteps(reviewed: ReviewedStep, { id, action, checksum }: ReviewedStep): string | undefined {
  const allowed = MAY_BECOME[reviewed.action] ?? [reviewed.action];
  if (!allowed.includes(action)) return `step ${id}: ${action} is planned, ${reviewed.action} was reviewed`;
  // A program that holds a value of a resource has no checksum before that is there.
  const isOpen = reviewed.checksum === undefined;
  return isOpen || reviewed.checksum === checksum ? undefined : `step ${id} has another program`;
}

function unreviewedChange(
  reviewed: RecordedChange | undefined,
  { name, action, fingerprint }: RecordedChange,
): string[] {
  if (reviewed === undefined) return [`${name}: ${action} is planned but was not reviewed`];
  if (reviewed.action !== action) return [`${name}: ${action} is planned, ${reviewed.action} was reviewed`];
  const paths = differingPaths(reviewed.fingerprint, fingerprint);
  return paths.length === 0 ? [] : [`${name}: ${paths.join(", ")} would be another value`];
}

function differingPaths(reviewed: Fingerprint, now: Fingerprint): string[] {
  const unknown = Object.keys(reviewed).filter((path) => isUnknown(reviewed[path]!));
  const isOpen = (path: string) => unknown.some((other) => other === path || areRelated(other, path));
  return [...new Set([...Object.keys(reviewed), ...Object.keys(now)])]
    .filter((path) => !isOpen(path) && !isSame(reviewed[path], now[path]))
    .sort();
}
