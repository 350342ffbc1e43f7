import type { ErrorCode } from "../../core/error-codes";
import type { GatesData, PlanCheck } from "../../core/gate-data";
import { isStateful } from "../../core/stateful-types";
import { expiredWaiver, findWaiver } from "../../core/waivers";
import type { PlanSummary } from "../../promotion/plan-summary";
import { RefusedError } from "../../promotion/refused-error";
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
