import { Cron } from "croner";
import type { ErrorCode } from "../../core/error-codes";
import { isStateful } from "../../core/stateful-types";
import type { GatesData, PlanCheck, WindowData } from "../../manifest/gate-data";
import { waiverToWrite } from "../../manifest/waivers";
import type { PlanSummary } from "../plan/plan-summary";
import type { GatedSystem } from "./evidence-gates";

/** What a gate finds in a plan. */
export interface PlanFinding {
  /** Name of the gate. */
  readonly gate: string;
  readonly code: ErrorCode;
  readonly address: string;
  readonly message: string;
}

const CHECKS: Record<PlanCheck, (plan: PlanSummary) => Omit<PlanFinding, "gate">[]> = {
  "no-stateful-loss": ({ resources }) =>
    resources
      .filter(({ action, address }) => /delete|replace/.test(action) && isStateful(typeOf(address)))
      .map(({ action, address }) => ({
        code: "StatefulResourceLost",
        address,
        message: `${action === "replace" ? "is replaced, so its content is lost" : "is destroyed, and its content with it"}`,
      })),
  "no-drift": ({ drift }) =>
    drift.map(({ action, address }) => ({
      code: "DriftFound",
      address,
      message: `was changed outside of Terraform (${action})`,
    })),
};

/** What one of the plan gates finds. */
export function findingsOf({ gates }: GatesData, gate: string, plan: PlanSummary): PlanFinding[] {
  const check = gates.find(({ id }) => id === gate)?.check;
  return check === undefined ? [] : CHECKS[check](plan).map((finding) => ({ gate, ...finding }));
}

/**
 * What was found, a line each, and what to do about it.
 *
 * @param ended that a waiver was there
 */
export function describeFindings(
  system: GatedSystem,
  [first, ...rest]: readonly [PlanFinding, ...PlanFinding[]],
  ended: string,
): string {
  const lines = [first, ...rest].map(({ code, address, message }) => `  ${code}: ${address} ${message}${ended}`);
  const waiver = waiverToWrite(system, first.gate, first.address);
  return `${lines.join("\n")}\nChange it, or waive the gate by name in waivers.json: ${waiver}`;
}

/** Type of a resource by its address: `aws_db_instance` of `module.shop["a.b"].aws_db_instance.main[0]`. */
function typeOf(address: string): string {
  const names = address.replace(/\["(?:[^"\\]|\\.)*"\]|\[\d+\]/g, "").split(".");
  return names.at(-2) ?? "";
}

/** Whether a window is open. It is from when it begins, until its length has passed. */
export function isOpen({ schedule, seconds, zone }: WindowData, now: Date): boolean {
  const begin = new Date(now.getTime() - seconds * 1000);
  const next = new Cron(schedule, { timezone: zone, paused: true }).nextRun(begin);
  return next !== null && next.getTime() <= now.getTime();
}

/** When a window opens next. */
export function nextOpening({ schedule, zone }: WindowData, now: Date): Date | undefined {
  return new Cron(schedule, { timezone: zone, paused: true }).nextRun(now) ?? undefined;
}

/** When the first of some windows opens next. */
export function firstOpening(windows: readonly WindowData[], now: Date): Date | undefined {
  const openings = windows.map((window) => nextOpening(window, now)).filter((opening) => opening !== undefined);
  return openings.sort((a, b) => a.getTime() - b.getTime())[0];
}
