import { readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { SternaError } from "../../core/sterna-error";
import { describeIssues } from "../../core/read-json-file";
import { planJson, type PlanJson } from "../../promotion/plan-json";
import { summarizePlan } from "../../promotion/plan-summary";
import { isEffectlessJson } from "../ledgers/step-kinds";
import { variablesOf } from "../project/environment-variables";
import type { Project } from "../project/project";
import { discardPlan, planFiles, savePlan, type SavedPlan } from "../project/saved-plan";
import type { SynthesizedSystem } from "../project/stacks";
import type { Surroundings } from "../surroundings";
import type { Terminal } from "../terminal";
import type { TerraformDiagnostic } from "./events";
import { describeDiagnostic, terraformFailure } from "./failure";
import { initialize } from "./init";
import { Terraform } from "./terraform";

/** A plan that was just made and saved. */
export interface MadePlan {
  readonly saved: SavedPlan;
  readonly warnings: readonly TerraformDiagnostic[];
}

/**
 * Has Terraform plan a stack, and saves the plan.
 *
 * @throws SternaError `TerraformMissing`, `TerraformFailed`, `Interrupted`
 * @throws RefusedError what Sterna's provider refuses: an edited step, a step that was not proved
 */
export async function makePlan(
  project: Project,
  system: SynthesizedSystem,
  surroundings: Surroundings,
  terminal: Terminal,
): Promise<MadePlan> {
  const variables = variablesOf(project, system.environment, surroundings.environment);
  const terraform = new Terraform(system.directory, variables, terminal, system);
  const files = planFiles(project, system.stack);
  await initialize(terraform, system.directory, variables, terminal);
  discardPlan(files);
  terminal.announce(`planning ${system.system} in ${system.environment}…`);
  const log = `${files.plan}.log`;
  const run = await terraform.run(["plan", "-input=false", "-json", `-out=${files.plan}`], {
    log,
    onEvent: ({ type, message }) => {
      if (type === "refresh_start" || type === "apply_start") terminal.showLive(message);
    },
  });
  rmSync(log, { force: true });
  terminal.showLive(undefined);
  if (terminal.verbose) for (const diagnostic of run.diagnostics) terminal.report(describeDiagnostic(diagnostic));
  if (!run.succeeded) {
    discardPlan(files);
    throw terraformFailure("terraform plan", run);
  }
  const warnings = run.diagnostics.filter(({ severity }) => severity === "warning");
  const summary = summarizePlan(await showPlan(terraform, files.plan), {
    isEffectless: isEffectlessJson,
    adopted: new Set(warnings.filter(isAdoption).map(({ address }) => address ?? "")),
  });
  return { saved: savePlan(files, system, run.version, summary), warnings };
}

/** The provider's warning on a step that the ledger holds as applied and the state does not. */
export function isAdoption({ summary }: TerraformDiagnostic): boolean {
  return /\badopted\b/.test(summary);
}

/** Reads a plan file. Its JSON holds values that nobody should find on a disk, so it is removed at once. */
async function showPlan(terraform: Terraform, plan: string): Promise<PlanJson> {
  const file = `${plan}.json`;
  try {
    const { succeeded, output } = await terraform.runToFile(["show", "-json", plan], file);
    if (!succeeded) {
      throw terraformFailure("terraform show", { diagnostics: [], otherOutput: output, interrupts: 0 });
    }
    return planJson.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const message = `Terraform's plan cannot be read; a newer Sterna may know its format:\n${describeIssues(error)}`;
    throw new SternaError("PlanUnreadable", message, { cause: error });
  } finally {
    rmSync(file, { force: true });
  }
}
