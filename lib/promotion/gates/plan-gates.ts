import { Cron } from "croner";
import type { ErrorCode } from "../../core/error-codes";
import { RefusedError } from "../../core/refused-error";
import { isStateful } from "../../core/stateful-types";
import {
  type GatesData,
  type PlanCheck,
  expiredWaiver,
  findWaiver,
  MAINTENANCE_WINDOW,
  type WindowData,
} from "../../manifest/gate-data";
import type { PlanSummary } from "../plan/plan-summary";
import type { GatedSystem } from "./evidence-gates";

interface PlanFinding {
  readonly code: ErrorCode;
  readonly address: string;
  readonly message: string;
}

/** What a gate refuses in a plan. */
export interface RefusedFinding extends PlanFinding {
  /** Name of the gate. */
  readonly gate: string;
}

const CHECKS: Record<PlanCheck, (plan: PlanSummary) => PlanFinding[]> = {
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
      message: `was changed past Terraform (${action})`,
    })),
};

/** What the plan gates find and no waiver lets past, gate by gate. */
export function refusedFindings({ gates, waivers }: GatesData, plan: PlanSummary, now: Date): RefusedFinding[] {
  return gates.flatMap(({ id, check }) =>
    (check === undefined ? [] : CHECKS[check](plan))
      .filter(({ address }) => findWaiver(waivers, id, now, address) === undefined)
      .map((finding) => ({ gate: id, ...finding })),
  );
}

/** What was found, a line each, and what to do about it. */
export function describeFindings(
  [first, ...rest]: readonly [RefusedFinding, ...RefusedFinding[]],
  { waivers }: GatesData,
  now: Date,
): string {
  const lines = [first, ...rest].map(
    ({ gate, code, address, message }) => `  ${code}: ${address} ${message}${expiredWaiver(waivers, gate, now)}`,
  );
  const waiver = `waivers: [{ gate: "${first.gate}", resources: ["${first.address}"], reason: "…", by: "…", expires: "…" }]`;
  return `${lines.join("\n")}\nChange it, or waive the gate by name: ${waiver}`;
}

/**
 * @throws RefusedError `StatefulResourceLost`, `DriftFound`
 */
export function requirePlan({ system, environment, gates }: GatedSystem, plan: PlanSummary, now = new Date()): void {
  if (gates === undefined) return;
  const [first, ...rest] = refusedFindings(gates, plan, now);
  if (first === undefined) return;
  throw new RefusedError(
    first.code,
    `the plan of ${system} in ${environment} is not to be applied:\n${describeFindings([first, ...rest], gates, now)}`,
  );
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

/** @throws RefusedError `OutsideMaintenanceWindow` with the next one */
export function requireWindow({ system, environment, gates }: GatedSystem, now: Date = new Date()): void {
  if (gates === undefined || gates.windows.length === 0) return;
  if (gates.windows.some((window) => isOpen(window, now))) return;
  if (findWaiver(gates.waivers, MAINTENANCE_WINDOW, now) !== undefined) return;
  const next = firstOpening(gates.windows, now);
  throw new RefusedError(
    "OutsideMaintenanceWindow",
    `it is ${now.toISOString()}, and ${system} in ${environment} may be changed only in a maintenance window` +
      `${next === undefined ? "" : `; the next opens ${next.toISOString()}`}${expiredWaiver(gates.waivers, MAINTENANCE_WINDOW, now)}. ` +
      `Apply the saved plan then, or waive it by name: waivers: [{ gate: "${MAINTENANCE_WINDOW}", reason: "…", by: "…", expires: "…" }]`,
  );
}
