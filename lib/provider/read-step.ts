import { EngineError } from "../engine/engine-error";
import type { TerraformObject } from "../engine/protocol/dynamic-value";
import type { Diagnostic } from "../engine/protocol/messages";
import { toDefinition } from "../engine/step-definition";
import { failure, warning, isUnreadableLedger } from "./diagnostics";
import type { PlanMemory } from "./plan-memory";
import type { ProviderSession } from "./session";
import { appliedFacts, complete, fromRecord } from "./step-state";

interface ReadResult {
  readonly state: TerraformObject | null;
  readonly diagnostics: Diagnostic[];
}

/** Compares a step's state with its ledger row: the ledger is the truth, the state its projection. */
export async function readStep(state: TerraformObject, session: ProviderSession): Promise<ReadResult> {
  const id = String(state.id);
  if (session.unknown) {
    const summary = "The ledger cannot be read during this plan";
    const detail = `The provider's configuration is known only after the apply, so step "${id}" is taken as recorded in the state.`;
    return { state, diagnostics: [warning(summary, detail)] };
  }
  try {
    const definition = toDefinition(state, session.environment);
    const ledgers = session.ledgers(definition.system);
    const ledger = ledgers.home(definition);
    const record = await ledgers.snapshot(ledger).get(id);
    if (record?.status === "applied")
      return { state: complete({ ...state, ...appliedFacts(record) }), diagnostics: [] };
    const { receipts } = ledgers.of(definition);
    const receipt = record || !receipts ? undefined : await ledgers.snapshot(receipts).get(id);
    // A failed attempt may have no row: dropping it from the state would forget what it half did. A receipt without a
    // row proves what is not there: the next apply must get at it.
    if (record || receipt || state.status !== "applied")
      return { state: complete({ ...state, status: "failed" }), diagnostics: [] };
    const detail = `The state says that step "${id}" is applied, but the ledger in ${ledger.location} has no such row. Terraform will create it again: its probe decides whether it runs.`;
    return { state: null, diagnostics: [warning("An applied step vanished from the ledger", detail)] };
  } catch (error) {
    return { state, diagnostics: [failure(`Step "${id}" cannot be compared with the ledger`, error)] };
  }
}

const IMPORT_ID = /^([^/]+)\/([^/]+)$/;

/**
 * Adopts a step by its id, for Terraform's `import` block.
 * @throws EngineError `StepUnknown`, `LedgerUnreachable`
 */
export async function importStep(id: string, session: ProviderSession): Promise<TerraformObject> {
  const [, system, step] = IMPORT_ID.exec(id) ?? [];
  if (system === undefined || step === undefined) {
    throw new EngineError(
      "StepUnknown",
      `"${id}" names no step: import a step by "<system>/<step>", such as "app-ef/create-schema".`,
    );
  }
  const ledger = session.ledgers(system).ofStack();
  const record = await ledger.get(step);
  if (record?.status === "applied") return fromRecord(record);
  throw new EngineError(
    "StepUnknown",
    `step "${step}" of ${system} is ${record ? record.status : "not"} in the ledger in ${ledger.location}: only applied steps can be imported.`,
  );
}

/**
 * The data source `sterna_ledger`: what the ledger holds against what the configuration expects. Steps that this very
 * plan rolls back are expected to go.
 */
export async function readLedger(
  config: TerraformObject,
  session: ProviderSession,
  memory: PlanMemory,
): Promise<{ state: TerraformObject; diagnostics: Diagnostic[] }> {
  const expected = (config.expected ?? []) as string[];
  const base = { system: config.system, expected: config.expected ?? null };
  // The database may come with this very apply.
  const nothing = (reason: string) => ({
    state: { ...base, applied: {}, unexpected: [], missing: expected },
    diagnostics: [warning("The ledger cannot be read yet", reason)],
  });
  if (session.unknown) return nothing("The provider's configuration is known only after the apply.");
  try {
    const ledgers = session.ledgers(String(config.system));
    const records = await session.rows(ledgers, ledgers.ofStack()).list();
    const applied = records.filter((record) => record.status === "applied");
    const others = records.map((record) => record.id).filter((id) => !expected.includes(id));
    const facts = {
      applied: Object.fromEntries(applied.map((record) => [record.id, record.checksum])),
      unexpected: await memory.keptOf(String(config.system), others),
      missing: expected.filter((id) => !applied.some((record) => record.id === id)),
    };
    return { state: { ...base, ...facts }, diagnostics: [] };
  } catch (error) {
    if (!isUnreadableLedger(error)) throw error;
    return nothing(error.message);
  }
}
