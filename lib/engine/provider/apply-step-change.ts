import { applyStep, type Applied } from "../executor/apply-step";
import { homeLedger } from "../executor/home-ledger";
import { rollbackStep, type RollbackOutcome } from "../executor/rollback-step";
import type { Diagnostic } from "../protocol/messages";
import { UNKNOWN, type TerraformObject } from "../protocol/dynamic-value";
import { startRunner } from "../runner/start-runner";
import type { RunnerRequest } from "../runner/runner-messages";
import type { StepDefinition } from "../step-record";
import { failure, warning } from "./diagnostics";
import type { PlannedPrivate } from "./plan-step";
import type { ProviderSession } from "./session";
import { appliedFacts, complete, plannedFacts, toDefinition } from "./step-state";

export interface ApplyResult {
  readonly state: TerraformObject | null;
  readonly diagnostics: Diagnostic[];
}

export interface ApplyOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

/** Creates or changes a step. A failed step stays in the state as `failed`: returning nothing would forget it. */
export async function applyToStep(
  planned: TerraformObject,
  session: ProviderSession,
  options: ApplyOptions,
): Promise<ApplyResult> {
  try {
    const definition = toDefinition(planned, session.environment);
    const { record } = await runApply(definition, session, options);
    return { state: complete({ ...planned, ...plannedFacts(planned), ...appliedFacts(record) }), diagnostics: [] };
  } catch (error) {
    const known = Object.fromEntries(
      Object.entries(planned).map(([name, value]) => [name, value === UNKNOWN ? null : value]),
    );
    const state = complete({ ...known, status: "failed", applied_at: null, artifact: null });
    return { state, diagnostics: [failure(`Step "${String(planned.id)}" failed`, error)] };
  }
}

/**
 * Removes a step.
 *
 * Terraform replaces a failed step by destroying and creating it. `planned` tells the two apart: a removal carries what
 * `planDestroy` returned, a replacement what `planCreate` returned; then the creation that follows decides between
 * resume and compensate, and nothing is undone here. Source: Terraform, `reducePlan` and `planDestroy`; covered by an
 * end-to-end test, since it is behaviour, not contract. Without the bytes: roll back.
 */
export async function removeStep(
  prior: TerraformObject,
  planned: PlannedPrivate | undefined,
  session: ProviderSession,
  options: ApplyOptions,
): Promise<ApplyResult> {
  if (planned && planned.op !== "destroy") return { state: null, diagnostics: [] };
  const id = String(prior.id);
  try {
    const outcome = await runRollback(toDefinition(prior, session.environment), session, options);
    const vanished = outcome === "nothing" && prior.status === "applied";
    const detail = `The ledger has no row of step "${id}", so its down did not run: somebody undid it already.`;
    return { state: null, diagnostics: vanished ? [warning("A step was not rolled back", detail)] : [] };
  } catch (error) {
    return { state: complete(prior), diagnostics: [failure(`Step "${id}" was not rolled back`, error)] };
  }
}

/** SQL runs here, in its database's transaction; everything else in a runner that outlives this process. */
async function runApply(definition: StepDefinition, session: ProviderSession, options: ApplyOptions): Promise<Applied> {
  if (homeLedger(definition.program, definition.variables)) {
    return applyStep(definition, ledgerOf(definition, session), options);
  }
  const result = await startRunner(runnerRequest("apply", definition, session), options);
  return (result as { applied: Applied }).applied;
}

async function runRollback(
  definition: StepDefinition,
  session: ProviderSession,
  options: ApplyOptions,
): Promise<RollbackOutcome> {
  if (homeLedger(definition.program, definition.variables)) {
    return rollbackStep(definition, ledgerOf(definition, session), options);
  }
  const result = await startRunner(runnerRequest("rollback", definition, session), options);
  return (result as { rolledBack: RollbackOutcome }).rolledBack;
}

function ledgerOf(definition: StepDefinition, session: ProviderSession) {
  return session.ledgers(definition.system).ofProgram(definition.program, definition.variables);
}

function runnerRequest(
  action: RunnerRequest["action"],
  definition: StepDefinition,
  session: ProviderSession,
): RunnerRequest {
  return { action, definition, ledger: session.ledgerConfig(), place: session.place(definition.system) };
}
