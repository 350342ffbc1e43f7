import { effectChecksum } from "../checksum";
import { EngineError } from "../engine-error";
import { assertSameEffect } from "../executor/apply-step";
import { assertReversible } from "../executor/rollback-step";
import { kindOf } from "../kinds";
import type { Diagnostic } from "../protocol/messages";
import { containsUnknown, UNKNOWN, type TerraformObject } from "../protocol/dynamic-value";
import { failure, warning } from "./diagnostics";
import type { PlanMemory } from "./plan-memory";
import { assertProved } from "./proof";
import type { ProviderSession } from "./session";
import { complete, parseProgram, plannedFacts, toDefinition } from "./step-state";

export interface PlanResult {
  readonly state: TerraformObject | null;
  readonly diagnostics: Diagnostic[];
  /** Comes back in the apply; see `applyStepChange` for what it decides. */
  readonly private: PlannedPrivate;
}

export type PlannedPrivate = { readonly op: "create" | "update" | "destroy" };

/** Terraform folds warnings with the same summary into one where the steps stand in the configuration. */
const ROLLBACK = "Steps will be rolled back";
const ADOPTION = "Steps are applied already: they will be adopted, not run again";

/** Plans a step that is not in the state. */
export async function planCreate(
  proposed: TerraformObject,
  session: ProviderSession,
  memory: PlanMemory,
): Promise<PlanResult> {
  const result = (facts: TerraformObject, diagnostics: Diagnostic[] = []): PlanResult => ({
    state: complete({ ...proposed, ...facts, status: "applied", applied_at: UNKNOWN, artifact: UNKNOWN }),
    diagnostics,
    private: { op: "create" },
  });
  const facts = plannedFacts(proposed);
  if (proposed.program === UNKNOWN) return result(facts);
  memory.creates(String(proposed.id), String(facts.checksum));
  if (session.unknown) return result(facts);
  await assertProved(proposed, session);
  if (containsUnknown(proposed.variables)) return result(facts);

  const definition = toDefinition(proposed, session.environment);
  try {
    const ledger = session.ledgers(definition.system).ofProgram(definition.program, definition.variables);
    const record = await ledger.get(definition.id);
    if (record?.status !== "applied") return result(facts);
    assertSameEffect(record, definition);
    return result(facts, [warning(ADOPTION, `${definition.id}: applied ${record.appliedAt}`)]);
  } catch (error) {
    if (!(error instanceof EngineError) || error.code === "AppliedStepEdited") throw error;
    // The database may come with this very apply. The apply itself will insist.
    return result(facts, [warning(`The ledger of step "${definition.id}" cannot be read yet`, error.message)]);
  }
}

/** Plans a change of a step that is in the state. What an applied step did cannot change; how it is told or undone can. */
export function planUpdate(prior: TerraformObject, proposed: TerraformObject, session: ProviderSession): PlanResult {
  const facts = plannedFacts(proposed);
  const finished = prior.status === "applied";
  if (prior.id !== proposed.id) {
    const message = `step "${String(prior.id)}" was renamed to "${String(proposed.id)}". The name of a step is its identity in the ledger: give it back.`;
    throw new EngineError("AppliedStepRenamed", message);
  }
  if (finished && proposed.program === UNKNOWN) {
    throw new EngineError(
      "AppliedStepEdited",
      `the program of the applied step "${String(prior.id)}" is not known before the apply.`,
    );
  }
  if (finished) assertUnchangedEffect(prior, proposed);
  else if (!session.unknown) toDefinition(proposed, session.environment);
  const kept = finished
    ? { status: "applied", applied_at: prior.applied_at, artifact: prior.artifact }
    : { status: "applied", applied_at: UNKNOWN, artifact: UNKNOWN };
  return { state: complete({ ...proposed, ...facts, ...kept }), diagnostics: [], private: { op: "update" } };
}

/** Plans the removal of a step: a rollback, unless the step says otherwise. */
export function planDestroy(prior: TerraformObject, session: ProviderSession, memory: PlanMemory): PlanResult {
  const definition = toDefinition(prior, session.environment);
  memory.destroys(definition.id, String(prior.checksum));
  const planned: Omit<PlanResult, "diagnostics"> = { state: null, private: { op: "destroy" } };
  const kind = kindOf(definition.program);
  if (kind.effectless || definition.onDestroy === "keep") return { ...planned, diagnostics: [] };
  assertReversible(definition);
  const detail = `${definition.id} (${definition.release}): ${definition.title}`;
  return { ...planned, diagnostics: memory.announcesRollback() ? [warning(ROLLBACK, detail)] : [] };
}

function assertUnchangedEffect(prior: TerraformObject, proposed: TerraformObject): void {
  const was = effectChecksum(parseProgram(prior.program));
  const is = effectChecksum(parseProgram(proposed.program));
  if (was === is) return;
  throw new EngineError(
    "AppliedStepEdited",
    `step "${String(prior.id)}" was applied ${String(prior.applied_at)} with the checksum ${was.slice(0, 12)}; its program now has ${is.slice(0, 12)}. What an applied step did is history: restore its program, and write a new step for the further change.`,
  );
}

/** Any error of planning as a diagnostic on the step. */
export function planFailure(id: unknown, error: unknown): Diagnostic {
  const attribute = error instanceof EngineError && error.code === "AppliedStepEdited" ? "program" : undefined;
  return failure(`Step "${String(id)}" cannot be planned`, error, attribute);
}
