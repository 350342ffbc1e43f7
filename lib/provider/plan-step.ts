import { lte } from "semver";
import { EngineError } from "../engine/engine-error";
import { assertSameEffect } from "../engine/executor/apply-step";
import { homeLedger } from "../engine/executor/home-ledger";
import { mayHaveEffect, removalOf } from "../engine/executor/operations";
import { containsUnknown, UNKNOWN, type TerraformObject } from "../engine/protocol/dynamic-value";
import type { Diagnostic } from "../engine/protocol/messages";
import { parseProgram, toDefinition } from "../engine/step-definition";
import { isEffectless } from "../engine/step-kind";
import { canonicalJson, effectChecksum, programChecksum } from "../manifest/checksum";
import type { StepDefinition } from "../manifest/step-record";
import { failure, warning, isUnreadableLedger, unreadableSummary } from "./diagnostics";
import type { PlanMemory, PlannedStep } from "./plan-memory";
import { assertProved } from "./proof";
import type { ProviderSession } from "./session";
import { argumentsKnown, complete, plannedFacts } from "./step-state";

export interface PlanResult {
  readonly state: TerraformObject | null;
  readonly diagnostics: Diagnostic[];
  /** Comes back in the apply; see `removeStep` for what it decides. */
  readonly private: PlannedPrivate;
}

export type PlannedPrivate = { readonly op: "create" | "update" | "destroy" };

/** Terraform folds warnings with the same summary into one for steps in the configuration. */
const ADOPTION = "Steps are applied already: they will be adopted, not run again";

/** Plans a step that is not in the state. */
export async function planCreate(
  proposed: TerraformObject,
  session: ProviderSession,
  memory: PlanMemory,
): Promise<PlanResult> {
  const facts = plannedFacts(proposed);
  const result = (diagnostics: Diagnostic[] = []): PlanResult => ({
    state: complete({ ...proposed, ...facts, status: "applied", applied_at: UNKNOWN, artifact: UNKNOWN }),
    diagnostics,
    private: { op: "create" },
  });
  // Terraform plans again in the apply, where everything is known.
  if (containsUnknown([proposed.system, proposed.id, proposed.program])) return result();
  memory.creates(plannedStep(proposed));
  if (session.unknown) return result();
  await assertProved(proposed, session);
  if (!argumentsKnown(proposed)) return result();

  const definition = toDefinition(proposed, session.environment);
  try {
    const ledgers = session.ledgers(definition.system);
    const ledger = ledgers.home(definition);
    // Also when an apply plans once more: it reads the row again, under its lock, before it runs anything.
    const record = await ledgers.snapshot(ledger).get(definition.id);
    if (record?.status !== "applied") {
      await ledger.assertLockable?.();
      if (!isEffectless(definition.program)) memory.runs(definition, definition.after);
      return result();
    }
    assertSameEffect(record, definition);
    return result([warning(ADOPTION, `${definition.id}: applied ${record.appliedAt}`)]);
  } catch (error) {
    if (!isUnreadableLedger(error)) throw error;
    // The database may come with this very apply. The apply itself will insist.
    return result([warning(unreadableSummary(definition.id, error.code), error.message)]);
  }
}

/** Plans a change of a step that is in the state. What an applied step did cannot change; how it is described or undone can. */
export async function planUpdate(
  prior: TerraformObject,
  proposed: TerraformObject,
  session: ProviderSession,
  memory: PlanMemory,
): Promise<PlanResult> {
  assertSameName(prior, proposed);
  memory.keeps(plannedStep(prior));
  const facts = plannedFacts(proposed);
  const result = (rerun: boolean, diagnostics: Diagnostic[] = []): PlanResult => {
    const { applied_at, artifact } = rerun ? { applied_at: UNKNOWN, artifact: UNKNOWN } : prior;
    const state = complete({ ...proposed, ...facts, status: "applied", applied_at, artifact });
    return { state, diagnostics, private: { op: "update" } };
  };
  if (prior.status === "applied") {
    assertUnchangedEffect(prior, proposed);
    if (sameHome(prior, proposed)) {
      return result(false, [...changedVariables(prior, proposed), ...outOfOrder(proposed, session, memory)]);
    }
    const detail = `Its variables name another database. It runs there, unless the ledger there says that it is applied.`;
    return result(true, [warning(`Step "${String(prior.id)}" moves to another database`, detail)]);
  }
  if (proposed.program !== UNKNOWN && !session.unknown) {
    await assertProved(proposed, session);
    if (argumentsKnown(proposed)) await assertLockable(toDefinition(proposed, session.environment), session);
  }
  return result(true);
}

/** A pooler in transaction mode is an error of the plan already: its locks would let two applies run one step. */
async function assertLockable(definition: StepDefinition, session: ProviderSession): Promise<void> {
  try {
    await session.ledgers(definition.system).home(definition).assertLockable?.();
  } catch (error) {
    if (!isUnreadableLedger(error)) throw error;
  }
}

/** @param step a known one */
function plannedStep(step: TerraformObject): PlannedStep {
  const program = parseProgram(step.program);
  return {
    system: String(step.system),
    id: String(step.id),
    applied: step.status === "applied",
    checksum: isEffectless(program) ? undefined : programChecksum(program),
  };
}

function assertSameName(prior: TerraformObject, proposed: TerraformObject): void {
  for (const name of ["system", "id"]) {
    if (prior[name] === proposed[name]) continue;
    const now =
      proposed[name] === UNKNOWN ? "a value that is not known before the apply" : `"${String(proposed[name])}"`;
    throw new EngineError(
      "AppliedStepRenamed",
      `the ${name} of step "${String(prior.id)}" changed from "${String(prior[name])}" to ${now}. System and name of a step are its identity in the ledger: give them back.`,
    );
  }
}

function assertUnchangedEffect(prior: TerraformObject, proposed: TerraformObject): void {
  const edited = (what: string): EngineError => {
    const message = `step "${String(prior.id)}" was applied ${String(prior.applied_at)}${what}. What an applied step did is history: restore its program, and write a new step for the further change.`;
    return new EngineError("AppliedStepEdited", message);
  };
  if (proposed.program === UNKNOWN) throw edited("; its program now is not known before the apply");
  const was = effectChecksum(parseProgram(prior.program));
  const is = effectChecksum(parseProgram(proposed.program));
  if (was !== is) throw edited(` with the checksum ${was.slice(0, 12)}; its program now has ${is.slice(0, 12)}`);
}

/** Whether the step keeps its ledger row where it was. */
function sameHome(prior: TerraformObject, proposed: TerraformObject): boolean {
  const [was, is] = [prior, proposed].map((step) =>
    homeLedger({
      program: parseProgram(step.program),
      variables: (step.variables ?? {}) as Record<string, string>,
    }),
  );
  return canonicalJson(was ?? null) === canonicalJson(is ?? null);
}

/** The step did its work with the old values; whatever runs from now on gets the new ones. */
function changedVariables(prior: TerraformObject, proposed: TerraformObject): Diagnostic[] {
  if (proposed.variables === UNKNOWN) return [];
  const [was, is] = [prior, proposed].map((step) => (step.variables ?? {}) as Record<string, unknown>) as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => was[name] !== is[name]);
  if (names.length === 0) return [];
  const detail = `${String(prior.id)}: ${names.sort().join(", ")}. Nothing runs again, and its down would work with the new values. Is what the step did still where they say?`;
  return [warning("Variables of applied steps changed", detail)];
}

/** A step that was inserted before an applied one runs after it. `sterna plan` refuses that. */
function outOfOrder(
  { system, id, after }: TerraformObject,
  { history }: ProviderSession,
  memory: PlanMemory,
): Diagnostic[] {
  if (history === undefined || !Array.isArray(after) || containsUnknown(after)) return [];
  const late = memory.runningBefore(String(system), after.map(String));
  return [...new Set(late)]
    .filter((each) => !history.outOfOrder.includes(each))
    .map((each) => {
      const detail = `${each} comes before ${String(id)}, which is applied already. Move it after all applied steps, or into the next release; or, if its place does not matter, add outOfOrder: ["${each}"] to the migration.`;
      return warning(OUT_OF_ORDER, detail);
    });
}

/** Any error of planning as a diagnostic on the step. */
export function planFailure(id: unknown, error: unknown): Diagnostic {
  const attribute = error instanceof EngineError && error.code === "AppliedStepEdited" ? "program" : undefined;
  return failure(`Step "${String(id)}" cannot be planned`, error, attribute);
}

/** Summary of the warning. Terraform folds warnings with the same summary into one for steps in the configuration. */
export const ROLLBACK = "Steps will be rolled back";
/** The same for steps of a release that stays: `terraform destroy` removes them, and so does a slip. */
export const REMOVED = "Applied steps of a release that stays will be rolled back [AppliedStepRemoved]";
export const OUT_OF_ORDER = "Steps will run after steps that come later [StepOutOfOrder]";

/**
 * Plans the removal of a step: a rollback, unless the step says otherwise.
 *
 * @throws EngineError `StepIrreversible`, `StepRemovalRefused`, `AppliedStepRenamed`, `DuplicateStep`,
 * `TransactionPooler`
 */
export async function planRemoval(
  prior: TerraformObject,
  session: ProviderSession,
  memory: PlanMemory,
): Promise<PlanResult> {
  const planned = { state: null, private: { op: "destroy" } } as const;
  const step = plannedStep(prior);
  if (memory.isSuperseded(step)) return { ...planned, diagnostics: [] };
  memory.destroys(step);
  const definition = toDefinition(prior, session.unknown ? "(not known yet)" : session.environment);
  if (!step.applied && !(await mayHaveLeftSomething(definition, session))) return { ...planned, diagnostics: [] };
  if (removalOf(definition) === "forget") return { ...planned, diagnostics: [] };
  if (!session.unknown) await assertLockable(definition, session);
  if (!memory.announcesRollback()) return { ...planned, diagnostics: [] };
  const { id, release, title } = definition;
  const { history } = session;
  const stays = history !== undefined && lte(release, history.release) && !history.removed.includes(id);
  const cure = stays ? `. Restore it, or add removed: ["${id}"] to the migration` : "";
  return { ...planned, diagnostics: [warning(stays ? REMOVED : ROLLBACK, `${id} (${release}): ${title}${cure}`)] };
}

/** What failed in a transaction left nothing, so that it can be removed even if it is irreversible. */
async function mayHaveLeftSomething(definition: StepDefinition, session: ProviderSession): Promise<boolean> {
  if (session.unknown) return true;
  const ledgers = session.ledgers(definition.system);
  const record = await ledgers.snapshot(ledgers.home(definition)).get(definition.id);
  return record !== undefined && mayHaveEffect(record);
}
