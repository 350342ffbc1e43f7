import type { PlanReading } from "./plan-builder";
import type { ReportedProvisioner, ReportedResource } from "../promotion-report";
import type { ConfiguredExpressions } from "./expressions";
import { REPLACE_AND_FORGET } from "./resource-change";

const MAKES = ["create", "replace", REPLACE_AND_FORGET];
const DESTROYS = ["delete", "replace"];
/** Arguments that say what runs, or what is copied. Others may hold what should not be shown, such as a variable. */
const TELLING = ["command", "inline", "script", "scripts", "source", "destination"];

/**
 * Programs that an apply runs for a change beside the provider. Terraform's plan names those of the configuration, and
 * not when they run; what is synthesized says that too.
 *
 * @returns nothing where none runs
 */
export function runProvisioners(
  { address, action }: Pick<ReportedResource, "address" | "action">,
  plan: Pick<PlanReading, "provisioners">,
  configured: ConfiguredExpressions | undefined,
): ReportedProvisioner[] | undefined {
  const makes = MAKES.includes(action);
  const destroys = DESTROYS.includes(action);
  if (!makes && !destroys) return undefined;
  const declared = configured?.provisioners(address) ?? [];
  const all =
    declared.length > 0
      ? declared.map(({ type, block }) => reported(type, block, block["when"] === "destroy" ? "destroy" : "create"))
      : planned(address, plan);
  const run = all.filter(({ when }) => when === "unknown" || (when === "create" ? makes : destroys));
  return run.length === 0 ? undefined : run;
}

function planned(address: string, { provisioners }: Pick<PlanReading, "provisioners">): ReportedProvisioner[] {
  if (provisioners.size === 0) return [];
  const found = provisioners.get(address.replace(/\[(?:"(?:[^"\\]|\\.)*"|\d+)\]/g, "")) ?? [];
  return found.map(({ type, expressions = {} }) => {
    const constants = Object.entries(expressions).map(([name, expression]) => {
      const value = (expression as { constant_value?: unknown } | null)?.constant_value;
      return [name, value ?? "known during the apply"] as const;
    });
    return reported(type, Object.fromEntries(constants), "unknown");
  });
}

function reported(
  type: string,
  block: Readonly<Record<string, unknown>>,
  when: ReportedProvisioner["when"],
): ReportedProvisioner {
  const runs = TELLING.flatMap((name) => block[name] ?? []).filter((text) => typeof text === "string");
  return { type, when, runs };
}
