import { z } from "zod";

const count = z.number().int().nonnegative();

/** Two colors of a system, and which of them has the traffic. */
export const reportedRollout = z.strictObject({
  phase: z.string().describe("`steady`, `prewarm`, `canary`, `cutover` or `aborted`"),
  live: z.string().describe("Color that has the traffic, or most of it"),
  colors: z.array(
    z.strictObject({
      color: z.enum(["blue", "green"]),
      release: z.string(),
      weight: z.number().min(0).max(100).describe("Share of the traffic, percent"),
    }),
  ),
  since: z.string().optional().describe("UTC"),
});
export type ReportedRollout = z.infer<typeof reportedRollout>;

export const reportedBackup = z.strictObject({
  name: z.string().describe("Address of the backup plan, and its rule"),
  next: z.string().optional().describe("UTC; absent when the schedule cannot be read"),
  schedule: z.string().describe("In words, or as it is written when it cannot be read"),
});
export type ReportedBackup = z.infer<typeof reportedBackup>;

export const reportedStepState = z.strictObject({
  id: z.string(),
  title: z.string(),
  release: z.string(),
  state: z.string().describe("`applied`, `pending`, `running`, `failed`, `undoing`, `unknown` or `leftover`"),
  appliedAt: z.string().optional().describe("UTC"),
  error: z.string().optional().describe("First line of what went wrong"),
});
export type ReportedStepState = z.infer<typeof reportedStepState>;

export const reportedApply = z.strictObject({
  finishedAt: z.string().describe("UTC"),
  release: z.string(),
  result: z.string().describe("`applied`, `failed` or `interrupted`"),
  by: z.string(),
  add: count,
  change: count,
  destroy: count,
  steps: count.describe("Steps that came through"),
});
export type ReportedApply = z.infer<typeof reportedApply>;

export const environmentOverview = z.strictObject({
  environment: z.string(),
  protected: z.boolean(),
  release: z.string().describe("The pinned release"),
  applied: z.string().optional().describe("Release of the last apply that succeeded, where a record shows one"),
  applies: z.array(reportedApply).describe("The last ones, newest first"),
  steps: z.array(reportedStepState).describe("As the ledgers hold them"),
  unreadable: z.array(z.string()).describe("Why ledgers or records cannot be read"),
  rollout: reportedRollout.optional().describe("Absent where there are no colors"),
  backups: z.array(reportedBackup).describe("The next ones by the synthesized backup plans, soonest first"),
});
export type EnvironmentOverview = z.infer<typeof environmentOverview>;

/** Schema of an overview: what runs where, from pins, ledgers and records. */
export const overview = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  madeAt: z.string().describe("UTC"),
  sterna: z.string().describe("Version"),
  systems: z.array(
    z.strictObject({
      system: z.string(),
      environments: z.array(environmentOverview).describe("In the order in which releases move through them"),
    }),
  ),
});
/** All systems in all their environments. Holds no sensitive value. */
export type Overview = z.infer<typeof overview>;

/** How far the steps of an environment are. */
export interface StepCounts {
  readonly applied: number;
  /** Declared steps that are not applied and not failed. */
  readonly waiting: number;
  /** Failed steps, and those that only the ledger knows. */
  readonly wrong: number;
  readonly total: number;
}

const WRONG = ["failed", "leftover"];

export function countSteps(steps: readonly ReportedStepState[]): StepCounts {
  const applied = steps.filter(({ state }) => state === "applied").length;
  const wrong = steps.filter(({ state }) => WRONG.includes(state)).length;
  return { applied, wrong, waiting: steps.length - applied - wrong, total: steps.length };
}

/** `3 of 5 steps applied, 1 failed, 1 pending` */
export function stepsSentence(steps: readonly ReportedStepState[]): string {
  if (steps.length === 0) return "no steps";
  const others = new Map<string, number>();
  for (const { state } of steps) if (state !== "applied") others.set(state, (others.get(state) ?? 0) + 1);
  const rest = [...others].map(([state, number]) => `, ${number} ${state}`).join("");
  return `${countSteps(steps).applied} of ${steps.length} steps applied${rest}`;
}

/** `canary: blue 90 % (1.0.0), green 10 % (1.1.0)` */
export function rolloutSentence({ phase, colors }: ReportedRollout): string {
  return `${phase}: ${colors.map(({ color, weight, release }) => `${color} ${weight} % (${release})`).join(", ")}`;
}
