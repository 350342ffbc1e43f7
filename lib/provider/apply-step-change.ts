import { applyStep, type Applied } from "../engine/executor/apply-step";
import { logDirectory } from "../engine/executor/step-log";
import { rollbackStep, type RollbackOutcome } from "../engine/executor/rollback-step";
import type { Diagnostic } from "../engine/protocol/messages";
import { UNKNOWN, type TerraformObject } from "../engine/protocol/dynamic-value";
import type { RunnerRequest } from "../engine/runner/runner";
import type { RunnerHost } from "../engine/runner/runner-host";
import { toDefinition } from "../engine/step-definition";
import type { StepDefinition } from "../manifest/step-record";
import { failure, warning } from "./diagnostics";
import type { PlannedPrivate } from "./plan-step";
import type { ProviderSession } from "./session";
import { appliedFacts, complete, plannedFacts } from "./step-state";

export interface ApplyResult {
  readonly state: TerraformObject | null;
  readonly diagnostics: Diagnostic[];
}

export interface ApplyOptions {
  readonly signal: AbortSignal;
  /** Runs what is not SQL. */
  readonly runners: RunnerHost;
  readonly onProgress: (message: string) => void;
}

/**
 * Creates or changes a step. A failed step stays in the state as `failed`: returning nothing would forget it. A change of
 * an applied step that fails leaves the state as it was, so that the next plan shows the change again.
 */
export async function applyToStep(
  prior: TerraformObject | null,
  planned: TerraformObject,
  session: ProviderSession,
  options: ApplyOptions,
): Promise<ApplyResult> {
  session.noteChange();
  const known = Object.fromEntries(Object.entries(planned).filter(([, value]) => value !== UNKNOWN));
  try {
    const definition = toDefinition(planned, session.environment);
    const { record } = await runApply(definition, session, options);
    // What was planned must hold, even if the ledger moved on since: the next refresh tells.
    return { state: complete({ ...plannedFacts(planned), ...appliedFacts(record), ...known }), diagnostics: [] };
  } catch (error) {
    const failed = { ...known, status: "failed", applied_at: null, artifact: null };
    const state = complete(prior?.status === "applied" ? prior : failed);
    return { state, diagnostics: [failure(`Step "${String(planned.id)}" failed`, error)] };
  }
}

/**
 * Removes a step.
 *
 * Terraform replaces a failed step by destroying and creating it. `planned` tells the two apart: a removal carries what
 * `planRemoval` returned, a replacement what `planCreate` returned; then the creation that follows decides between
 * resume and compensate, and nothing is undone here. Source: Terraform, `reducePlan` and `planDestroy`; covered by an
 * end-to-end test, since it is behavior, not contract. Without the bytes: roll back.
 *
 * @param planned JSON of a `PlannedPrivate`
 */
export async function removeStep(
  prior: TerraformObject,
  planned: Uint8Array | undefined,
  session: ProviderSession,
  options: ApplyOptions,
): Promise<ApplyResult> {
  session.noteChange();
  const id = String(prior.id);
  try {
    if (isReplacement(planned)) return { state: null, diagnostics: [] };
    const outcome = await runRollback(toDefinition(prior, session.environment), session, options);
    const vanished = outcome === "nothing" && prior.status === "applied";
    const detail = `The ledger has no row of step "${id}", so its down did not run: it was rolled back before.`;
    return { state: null, diagnostics: vanished ? [warning("A step was not rolled back", detail)] : [] };
  } catch (error) {
    return { state: complete(prior), diagnostics: [failure(`Step "${id}" was not rolled back`, error)] };
  }
}

function isReplacement(planned: Uint8Array | undefined): boolean {
  if (!planned?.length) return false;
  return (JSON.parse(Buffer.from(planned).toString("utf8")) as PlannedPrivate).op === "create";
}

/** SQL runs here, in its database's transaction; everything else in the runner, which outlives this process. */
async function runApply(definition: StepDefinition, session: ProviderSession, options: ApplyOptions): Promise<Applied> {
  const { home, receipts, inDatabase } = session.ledgers(definition.system).of(definition);
  if (inDatabase) return applyStep(definition, home, { ...options, receipts, logs: logDirectory() });
  const result = await options.runners.run(runnerRequest("apply", definition, session), options);
  return (result as { applied: Applied }).applied;
}

async function runRollback(
  definition: StepDefinition,
  session: ProviderSession,
  options: ApplyOptions,
): Promise<RollbackOutcome> {
  const { home, receipts, inDatabase } = session.ledgers(definition.system).of(definition);
  if (inDatabase) return rollbackStep(definition, home, { ...options, receipts, logs: logDirectory() });
  const result = await options.runners.run(runnerRequest("rollback", definition, session), options);
  return (result as { rolledBack: RollbackOutcome }).rolledBack;
}

function runnerRequest(
  action: RunnerRequest["action"],
  definition: StepDefinition,
  session: ProviderSession,
): RunnerRequest {
  return { action, definition, ledger: session.ledgerConfig(), place: session.place(definition.system) };
}
