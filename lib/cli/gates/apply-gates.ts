import { lt } from "semver";
import type { PlanSummary } from "../../promotion/plan-summary";
import { lastRecord } from "../project/records";
import type { Project } from "../project/project";
import type { SynthesizedSystem } from "../project/stacks";
import { requireEvidence } from "./evidence-gates";
import { requireWindow } from "./maintenance-windows";
import { requirePlan } from "./plan-gates";
import { requireLegalMove } from "./release-gates";

/**
 * Everything that has to hold before a plan is applied.
 *
 * The way back is not barred by evidence or a window: it is what people need at night. Neither is the end of an apply
 * that failed half-way.
 *
 * @throws RefusedError what the gates refuse
 */
export async function requireGates(project: Project, system: SynthesizedSystem, plan: PlanSummary): Promise<void> {
  if (!plan.changes) return;
  const last = await lastRecord(project, system.stack);
  if (last?.result === "applied") requireLegalMove(system, last.release, system.release);
  requirePlan(system, plan);
  if (last !== undefined && lt(system.release, last.release)) return;
  requireEvidence(project, system, "pre", "nothing was applied");
  const finishes = last !== undefined && last.result !== "applied" && last.release === system.release;
  if (!finishes) requireWindow(system);
}
