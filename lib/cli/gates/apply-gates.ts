import type { PlanSummary } from "../../promotion/plan-summary";
import { lastRecord } from "../project/records";
import type { Project } from "../project/project";
import type { SynthesizedSystem } from "../project/stacks";
import { courseTo } from "./course";
import { requireEvidence } from "./evidence-gates";
import { requireWindow } from "./maintenance-windows";
import { requirePlan } from "./plan-gates";
import { requireLegalMove } from "./release-gates";

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
